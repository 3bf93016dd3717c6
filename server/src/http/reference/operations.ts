// The document, read back for people: the page and the Markdown show the same facts.
import type { Json, JsonObject } from './openapi.ts';

export interface Parameter {
  readonly name: string;
  readonly place: string;
  readonly required: boolean;
  readonly about: string;
  readonly type: string;
}

export interface OperationAnswer {
  readonly status: string;
  readonly about: string;
  readonly media: readonly string[];
  /** Names of the shapes of a JSON body. */
  readonly schema: string | undefined;
}

export interface Operation {
  readonly id: string;
  readonly tag: string;
  readonly method: string;
  readonly path: string;
  readonly server: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly body: Json | undefined;
  readonly sample: Json | undefined;
  /** True when the body is bytes of any type. */
  readonly raw: boolean;
  readonly needsKey: boolean;
  readonly answers: readonly OperationAnswer[];
}

type Loose = { readonly [name: string]: unknown };
const at = (value: unknown, ...names: readonly string[]): unknown =>
  names.reduce<unknown>((inner, name) => (inner as Loose | undefined)?.[name], value);

export function operationsOf(document: JsonObject): Operation[] {
  const server = String(at(document, 'servers', '0', 'url')).replace(/\/$/, '');
  return Object.entries(document.paths as Loose).flatMap(([path, methods]) =>
    Object.entries(methods as Loose).map(([method, operation]) => read(path, method, operation as Loose, server)),
  );
}

function read(path: string, method: string, operation: Loose, server: string): Operation {
  const content = at(operation, 'requestBody', 'content') as Loose | undefined;
  return {
    id: String(operation.operationId),
    tag: String(at(operation, 'tags', '0')),
    method: method.toUpperCase(),
    path,
    server,
    summary: String(operation.summary),
    description: String(operation.description),
    parameters: (operation.parameters as Loose[]).map((one) => ({
      name: String(one.name),
      place: String(one.in),
      required: one.required === true,
      about: String(one.description ?? ''),
      type: typeOf(one.schema as Json),
    })),
    body: at(content, 'application/json', 'schema') as Json | undefined,
    sample: at(content, 'application/json', 'example') as Json | undefined,
    raw: content !== undefined && '*/*' in content,
    needsKey: (operation.security as unknown[]).length > 0,
    answers: Object.entries(operation.responses as Loose).map(([status, answer]) => ({
      status,
      about: String(at(answer, 'description')),
      media: Object.keys((at(answer, 'content') as Loose | undefined) ?? {}),
      schema: shapeOf(at(answer, 'content', 'application/json', 'schema') as Json | undefined),
    })),
  };
}

function shapeOf(schema: Json | undefined): string | undefined {
  return schema === undefined ? undefined : typeOf(schema);
}

const REFERENCE = '#/components/schemas/';

/** A schema in a few words. */
export function typeOf(schema: Json): string {
  const node = schema as Loose;
  if (typeof node.$ref === 'string') return node.$ref.replace(REFERENCE, '');
  const alternatives = (node.anyOf ?? node.oneOf) as Json[] | undefined;
  if (alternatives !== undefined) return alternatives.map(typeOf).join(' | ');
  if ('const' in node) return JSON.stringify(node.const);
  if (node.type === 'array') return `list of ${typeOf((node.items ?? {}) as Json)}`;
  if (node.type === 'object') {
    const data = at(node, 'properties', 'data', 'items') as Json | undefined;
    return data === undefined ? 'object' : `page of ${typeOf(data)}`;
  }
  return typeof node.type === 'string' ? `${node.type}${limits(node)}` : 'any';
}

function limits(node: Loose): string {
  const parts: string[] = [];
  if (node.minimum !== undefined || node.maximum !== undefined) parts.push(range(node.minimum, node.maximum));
  if (node.maxLength !== undefined) parts.push(`at most ${String(node.maxLength)} characters`);
  if (node.pattern !== undefined && parts.length === 0) parts.push(`/${String(node.pattern)}/`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function range(least: unknown, most: unknown): string {
  if (most === undefined || most === Number.MAX_SAFE_INTEGER) return `from ${String(least)}`;
  return `${String(least ?? '')} to ${String(most)}`;
}

/** The fields of an object schema, a line each. */
export function schemaLines(document: JsonObject, schema: Json, indent = ''): string[] {
  const node = resolve(document, schema);
  const properties = node.properties as Loose | undefined;
  if (properties === undefined || Object.keys(properties).length === 0) return [`${indent}${typeOf(node as Json)}`];
  const required = new Set((node.required ?? []) as string[]);
  return Object.entries(properties).flatMap(([name, value]) => {
    const inner = value as Loose;
    const line = `${indent}${name}${required.has(name) ? '' : '?'}: ${typeOf(inner as Json)}`;
    const nested = inner.type === 'object' && inner.properties !== undefined;
    return nested && indent.length < 8 ? [line, ...schemaLines(document, inner as Json, `${indent}  `)] : [line];
  });
}

function resolve(document: JsonObject, schema: Json): Loose {
  const node = schema as Loose;
  if (typeof node.$ref !== 'string') return node;
  return at(document, 'components', 'schemas', node.$ref.replace(REFERENCE, '')) as Loose;
}
