// Reads JSON Schema 2020-12 documents into nodes. Anything that is not understood makes the node opaque; nothing here throws on bad input.
import { equal, isObject, type JsonObject, type JsonType, TYPES, textOf } from './json.ts';
import { loops } from './loops.ts';
import { LIST_OF_SCHEMAS, MAP_OF_SCHEMAS, type Node, ONE_SCHEMA, PLAIN, UNJUDGED } from './node.ts';
import { readArrays } from './read-arrays.ts';
import { readObjects } from './read-objects.ts';
import { readScalars } from './read-scalars.ts';
import type { Reading } from './reading.ts';
import { findAnchor, followPointer } from './references.ts';

export const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

interface Source {
  readonly name: string;
  readonly root: unknown;
  readonly found: Map<unknown, Node>;
  /** A `$id` below the root moves the base of every reference: then none is followed. */
  readonly moves: boolean;
}

export class Nodes {
  readonly #known = new Map<string, Node>();
  #sources = 0;

  /** Reads a whole document. */
  document(root: unknown): Node {
    const source = { name: `#${++this.#sources}`, root, found: new Map(), moves: hasInnerId(root) };
    const node = this.#read(root, source);
    const why = strangenessOf(root, node);
    // A node of its own: the same text elsewhere is not strange.
    return why === undefined ? node : { id: -1, opaque: [`${STRANGE}${why}`], limits: {} };
  }

  /** Reads a schema that holds no reference: one of our own making. */
  own(schema: unknown): Node {
    return this.#read(schema, { name: 'own', root: schema, found: new Map(), moves: false });
  }

  /** What was met and is not judged: the keyword and why. */
  *refusals(): Generator<readonly [string, string]> {
    for (const { opaque } of this.#known.values())
      for (const why of opaque) {
        const at = why.indexOf(': ');
        yield at === -1 ? ['schema', why] : [why.slice(0, at), why.slice(at + 2)];
      }
  }

  /** Every pattern that was met, of texts and of keys. */
  *patterns(): Generator<string> {
    for (const { pattern, patterns } of this.#known.values()) {
      if (pattern !== undefined) yield pattern;
      for (const [source] of patterns ?? []) yield source;
    }
  }

  #read(schema: unknown, source: Source): Node {
    const before = source.found.get(schema);
    if (before !== undefined && isObject(schema)) return before;
    const text = plainText(schema);
    // A reference means what its own document says; everything else means the same everywhere.
    const key = /"\$(?:ref|anchor|id)":/.test(text) ? `${source.name}${text}` : text;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const node: Node = { id: this.#known.size, opaque: [], limits: {} };
    this.#known.set(key, node);
    if (isObject(schema)) {
      source.found.set(schema, node);
      this.#fill(schema, node, source);
    } else if (typeof schema === 'boolean') node.always = schema;
    else node.opaque.push('a schema is an object or a boolean');
    return node;
  }

  #fill(schema: JsonObject, node: Node, source: Source): void {
    const reading: Reading = {
      schema,
      node,
      read: (inner) => this.#read(inner, source),
      refuse: (keyword, why) => void node.opaque.push(`${keyword}: ${why}`),
    };
    for (const keyword of UNJUDGED) if (Object.hasOwn(schema, keyword)) reading.refuse(keyword, 'not judged');
    readTypes(reading);
    readScalars(reading);
    readArrays(reading);
    readObjects(reading);
    readBranches(reading);
    const { $ref } = schema;
    if ($ref === undefined) return;
    const target = typeof $ref === 'string' && !source.moves ? resolve($ref, source.root) : undefined;
    if (target === undefined) reading.refuse('$ref', 'does not lead to a schema of this document');
    else node.all = [...(node.all ?? []), this.#read(target.schema, source)];
  }
}

const STRANGE = 'schema: ';

/** Why a document is not judged at all: where and why. */
export function strangeness({ opaque }: Node): readonly [string, string] | undefined {
  const why = opaque.find((reason) => reason.startsWith(STRANGE));
  return why === undefined ? undefined : ['schema', why.slice(STRANGE.length)];
}

function strangenessOf(root: unknown, node: Node): string | undefined {
  if (!isObject(root) && typeof root !== 'boolean') return 'neither an object nor a boolean';
  const dialect = isObject(root) ? root.$schema : undefined;
  // Older dialects give some of these words another meaning.
  if (dialect !== undefined && (typeof dialect !== 'string' || dialect.replace(/#$/, '') !== DIALECT))
    return 'not of the dialect 2020-12';
  return loops(node) ? 'leads back to itself on the same value' : undefined;
}

function resolve(reference: string, root: unknown): { readonly schema: unknown } | undefined {
  const base = isObject(root) && typeof root.$id === 'string' ? root.$id.replace(/#$/, '') : undefined;
  const local = base !== undefined && reference.startsWith(`${base}#`) ? reference.slice(base.length) : reference;
  if (local === '#' || (base !== undefined && local === base)) return { schema: root };
  if (local.startsWith('#/')) return followPointer(local.slice(1), root);
  return local.startsWith('#') ? findAnchor(local.slice(1), root) : undefined;
}

function readTypes({ schema, node, refuse }: Reading): void {
  const { type, const: constant } = schema;
  if (type !== undefined) {
    const names: unknown[] = Array.isArray(type) ? type : [type];
    const known = names.every((name) => name === 'integer' || TYPES.includes(name as JsonType));
    if (!known || names.length === 0) refuse('type', 'names no type');
    else {
      node.types = new Set(names.map((name) => (name === 'integer' ? 'number' : (name as JsonType))));
      node.integersOnly = names.includes('integer') && !names.includes('number');
    }
  }
  const listed = schema.enum;
  if (listed !== undefined && !Array.isArray(listed)) refuse('enum', 'is not a list');
  const values: unknown[] | undefined = Array.isArray(listed) ? listed : undefined;
  if (Object.hasOwn(schema, 'const')) node.values = (values ?? [constant]).filter((value) => equal(value, constant));
  else if (values !== undefined) node.values = values;
}

function readBranches({ schema, node, read, refuse }: Reading): void {
  const list = (keyword: 'allOf' | 'anyOf' | 'oneOf'): Node[] | undefined => {
    const value = schema[keyword];
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.length > 0) return value.map(read);
    refuse(keyword, 'is not a list of schemas');
    return undefined;
  };
  const [all, any, one] = [list('allOf'), list('anyOf'), list('oneOf')];
  if (all !== undefined) node.all = all;
  if (any !== undefined) node.any = any;
  if (one !== undefined) node.one = one;
  const { not, if: condition, then: consequence, else: otherwise } = schema;
  if (not !== undefined) node.not = read(not);
  if (condition === undefined) return;
  node.condition = {
    if: read(condition),
    ...(consequence !== undefined && { then: read(consequence) }),
    ...(otherwise !== undefined && { else: read(otherwise) }),
  };
}

function hasInnerId(root: unknown): boolean {
  return (
    isObject(root) && /"\$id":/.test(textOf(Object.fromEntries(Object.entries(root).filter(([key]) => key !== '$id'))))
  );
}

/** The text of a schema without its annotations. */
export function plainText(schema: unknown): string {
  if (!isObject(schema)) return textOf(schema);
  const parts: string[] = [];
  const put = (keyword: string, text: string): void => void parts.push(`${JSON.stringify(keyword)}:${text}`);
  for (const keyword of [...PLAIN, ...UNJUDGED, '$anchor', '$id', '$schema'])
    if (schema[keyword] !== undefined) put(keyword, textOf(schema[keyword]));
  for (const keyword of ONE_SCHEMA) if (schema[keyword] !== undefined) put(keyword, plainText(schema[keyword]));
  for (const keyword of LIST_OF_SCHEMAS) {
    const list = schema[keyword];
    if (list !== undefined) put(keyword, Array.isArray(list) ? `[${list.map(plainText).join(',')}]` : textOf(list));
  }
  for (const keyword of MAP_OF_SCHEMAS) {
    const map = schema[keyword];
    if (
      map === undefined ||
      ((keyword === '$defs' || keyword === 'definitions') && isObject(map) && Object.keys(map).length === 0)
    )
      continue;
    const rows = isObject(map)
      ? Object.keys(map)
          .sort()
          .map((key) => `${JSON.stringify(key)}:${plainText(map[key])}`)
      : [];
    put(keyword, isObject(map) ? `{${rows.join(',')}}` : textOf(map));
  }
  return `{${parts.join(',')}}`;
}
