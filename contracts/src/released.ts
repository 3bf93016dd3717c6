// What was released: every schema that a reader may rely on, each revision in a file of its own under contracts/released, and the digest of
// each in released.json. Both are written by a release alone.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ENTITY_TYPES } from './entities.ts';
import { EVENT_VERSIONS, eventSchemas } from './events.ts';
import { CONTRACT_RELEASES, CONTROL_MESSAGES, CONTROL_VERSION, STEPS } from './versions/versions.ts';

/** `event run.created@1`, `entity page@1`, `control stream.gap@1` or `release 2026-11-01` to its JSON Schema. */
export type ContractSet = Readonly<Record<string, object>>;

export interface Revision {
  readonly name: string;
  /** From 1; a compatible change of a contract is its next revision under the same version. */
  readonly revision: number;
  /** SHA-256 of the schema as it was released, lower-case hex. */
  readonly digest: string;
  /** What stands in its file now; undefined where the file is gone. */
  readonly schema: object | undefined;
}

const LOCK = new URL('../released.json', import.meta.url);

/** Where a revision rests, below contracts/. */
export const fileOf = (name: string, revision: number): string => `released/${name.replace(' ', '/')}/${revision}.json`;

const urlOf = (name: string, revision: number): URL => new URL(`../${fileOf(name, revision)}`, import.meta.url);

export function presentContracts(): ContractSet {
  const events = Object.entries(eventSchemas()).map(([type, schema]): Named => {
    const version = EVENT_VERSIONS[type as keyof typeof EVENT_VERSIONS];
    return [`event ${type}@${version}`, schema];
  });
  const older = STEPS.map(({ type, from, older: schema }): Named => [`event ${type}@${from}`, schema]);
  const entities = ENTITY_TYPES.map((type): Named => [`entity ${type.name}@${type.version}`, type.attributes]);
  const control = Object.entries(CONTROL_MESSAGES).map(([type, schema]): Named => {
    return [`control ${type}@${CONTROL_VERSION}`, schema];
  });
  return Object.fromEntries([...events, ...older, ...entities, ...control, ...CONTRACT_RELEASES.map(describeRelease)]);
}

type Named = readonly [name: string, schema: object];

/** A release as the schema of what it says: that it knows one more type breaks nobody, another version of one does. */
function describeRelease({ date, versions }: (typeof CONTRACT_RELEASES)[number]): Named {
  const properties = Object.fromEntries([...versions].sort().map(([type, version]) => [type, { const: version }]));
  return [`release ${date}`, { type: 'object', properties, additionalProperties: false }];
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

async function readLock(): Promise<Record<string, readonly string[]>> {
  const text = await readFile(LOCK, 'utf8').catch(() => '{}');
  return JSON.parse(text) as Record<string, readonly string[]>;
}

async function readSchema(name: string, revision: number): Promise<object | undefined> {
  try {
    return JSON.parse(await readFile(urlOf(name, revision), 'utf8')) as object;
  } catch {
    return undefined;
  }
}

/** Every revision of every contract, the oldest of each first. */
export async function releasedContracts(): Promise<Revision[]> {
  const revisions = Object.entries(await readLock()).flatMap(([name, digests]) =>
    digests.map(async (digest, index) => {
      const revision = index + 1;
      return { name, revision, digest, schema: await readSchema(name, revision) };
    }),
  );
  return Promise.all(revisions);
}

/** Adds what is new to what was released, and answers the names. What was released before never changes. */
export async function recordRelease(): Promise<string[]> {
  const lock = await readLock();
  const added: string[] = [];
  for (const [name, schema] of Object.entries(presentContracts())) {
    const digests = lock[name] ?? [];
    const digest = digestOf(schema);
    if (digests.at(-1) === digest) continue;
    const file = urlOf(name, digests.length + 1);
    await mkdir(dirname(file.pathname), { recursive: true });
    await writeFile(file, `${JSON.stringify(schema, null, 2)}\n`);
    lock[name] = [...digests, digest];
    added.push(name);
  }
  await writeFile(LOCK, `${JSON.stringify(Object.fromEntries(Object.entries(lock).sort()), null, 2)}\n`);
  return added;
}
