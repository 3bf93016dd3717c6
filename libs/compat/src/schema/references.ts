// Follows the references that stay inside a document.
import { isObject } from './json.ts';
import { LIST_OF_SCHEMAS, MAP_OF_SCHEMAS, ONE_SCHEMA } from './node.ts';

type Target = { readonly schema: unknown } | undefined;

/** RFC 6901, written as a URI fragment. */
export function followPointer(pointer: string, root: unknown): Target {
  let value = root;
  for (const raw of pointer.split('/').slice(1)) {
    const step = readStep(raw);
    if (step === undefined) return undefined;
    const holds = (isObject(value) || Array.isArray(value)) && Object.hasOwn(value, step);
    if (!holds) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return { schema: value };
}

function readStep(step: string): string | undefined {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return undefined;
  }
}

export function findAnchor(name: string, schema: unknown): Target {
  if (!isObject(schema)) return undefined;
  if (schema.$anchor === name) return { schema };
  for (const inner of subschemas(schema)) {
    const found = findAnchor(name, inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

function* subschemas(schema: Readonly<Record<string, unknown>>): Generator<unknown> {
  for (const keyword of ONE_SCHEMA) yield schema[keyword];
  for (const keyword of LIST_OF_SCHEMAS) if (Array.isArray(schema[keyword])) yield* schema[keyword];
  for (const keyword of MAP_OF_SCHEMAS) if (isObject(schema[keyword])) yield* Object.values(schema[keyword]);
}
