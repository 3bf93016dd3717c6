// What was released: the digest of every schema that a reader may rely on, kept in released.json and written by a release alone.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { ENTITY_TYPES } from './entities.ts';
import { EVENT_VERSION, eventSchemas } from './events.ts';

/** `event run.created@1` or `entity page@1` to its JSON Schema. */
export type ContractSet = Readonly<Record<string, object>>;
/** The same names to the SHA-256 of the schema, lower-case hex. */
export type Released = Readonly<Record<string, string>>;

const FILE = new URL('../released.json', import.meta.url);

export function presentContracts(): ContractSet {
  const events = Object.entries(eventSchemas()).map(([type, schema]) => [`event ${type}@${EVENT_VERSION}`, schema]);
  const entities = ENTITY_TYPES.map((type) => [`entity ${type.name}@${type.version}`, type.attributes]);
  return Object.fromEntries([...events, ...entities]) as ContractSet;
}

/** SHA-256 of the schema with its keys in order: the words count, not their arrangement. */
export function digestOf(schema: object): string {
  return createHash('sha256')
    .update(JSON.stringify(ordered(schema)))
    .digest('hex');
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== 'object') return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, ordered((value as Record<string, unknown>)[key])]));
}

export async function releasedContracts(): Promise<Released> {
  return JSON.parse(await readFile(FILE, 'utf8')) as Released;
}

/** Adds what is new to what was released. What was released before never changes. */
export async function recordRelease(): Promise<string[]> {
  const known = await releasedContracts().catch(() => ({}) as Released);
  const fresh = Object.entries(presentContracts()).filter(([name]) => !Object.hasOwn(known, name));
  const all = { ...known, ...Object.fromEntries(fresh.map(([name, schema]) => [name, digestOf(schema)])) };
  await writeFile(FILE, `${JSON.stringify(Object.fromEntries(Object.entries(all).sort()), null, 2)}\n`);
  return fresh.map(([name]) => name);
}
