// The types of entities that a tenant defines. Rows are only added: what was stored under a revision stays readable as it was.

import { canonicalize } from '@sallyport/chain';
import {
  type CreateEntityType,
  ENTITY_TYPES,
  type EntityTypeSummary,
  type FieldProblem,
  findEntityType,
} from '@sallyport/contracts';
import { recordAct } from '../audit/audit.ts';
import { lockTenant, type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import { type EntityTypeId, newId } from '../ids.ts';
import type { UserPrincipal } from '../principal.ts';
import { type Definition, findAttributeFaults, judgeType, type Standing } from './type-rules.ts';

const MOST_ROWS = 500;

interface Stored extends Standing {
  readonly name: string;
}

function readStored(row: Row): Stored {
  const definition = row.contentJson<Definition>('entity_types.definition', row.text('id'));
  return { name: row.text('name'), version: row.int('version'), revision: row.int('revision'), ...definition };
}

function summarize({ name, version, revision, attributes, identity, title, migrationNote }: Stored): EntityTypeSummary {
  return { name, version, revision, attributes, identity, title, origin: 'tenant', migration_note: migrationNote };
}

/** What is asked for twice is there already. */
function isSame(
  latest: Stored,
  { version, attributes, identity, title, migration_note: note }: CreateEntityType,
): boolean {
  const asked = { attributes, identity, title, migrationNote: note ?? latest.migrationNote };
  const stands = { attributes: latest.attributes, identity: latest.identity, title: latest.title };
  return (
    latest.version === version &&
    canonicalize(asked) === canonicalize({ ...stands, migrationNote: latest.migrationNote })
  );
}

/** Defines a type, its next version, or the next revision of a version, as far as that breaks no reader. */
export async function defineEntityType(
  tx: TenantTx,
  by: UserPrincipal,
  wanted: CreateEntityType,
): Promise<EntityTypeSummary> {
  if (ENTITY_TYPES.some(({ name }) => name === wanted.name))
    throw fault('conflict', { fields: [{ path: '/name', message: 'is a type of the product' }] });
  await lockTenant(tx, 'entity_types');
  const count = await tx.first(
    sql`select count(e.id)::int as n from entity_types e where ${tx.mine('e')}`,
    (row: Row) => row.int('n'),
  );
  if ((count ?? 0) >= MOST_ROWS)
    throw fault('conflict', { fields: [{ path: '', message: `the tenant has ${MOST_ROWS} definitions already` }] });
  const standing = await tx.rows(
    sql`select e.id, e.name, e.version, e.revision, e.definition, e.key_id as sealed_by from entity_types e
        where ${tx.mine('e')} and e.name = ${wanted.name} order by e.version, e.revision`,
    readStored,
  );
  const latest = standing.at(-1);
  if (latest !== undefined && isSame(latest, wanted)) return summarize(latest);
  const verdict = judgeType(standing, wanted);
  if (!verdict.ok) throw fault(verdict.code, { fields: verdict.problems });
  const id = newId<EntityTypeId>();
  const content = await tx.content();
  const { name, attributes, identity, title, migration_note: note } = wanted;
  const definition: Definition = { attributes, identity, title, migrationNote: note ?? null };
  const { version, revision } = verdict;
  await tx.run(
    sql`insert into entity_types (tenant_id, id, name, version, revision, definition, key_id, user_id)
        values (${tx.value}, ${id}, ${name}, ${version}, ${revision}, ${content.sealJson('entity_types.definition', id, definition)}, ${content.keyId}, ${by.userId})`,
  );
  await recordAct(tx, {
    action: 'entity.type_defined',
    object: { kind: 'entity_type', id },
    detail: { version, revision },
  });
  return summarize({ name, version, revision, ...definition });
}

/** Every type: those of the product, then the newest revision of each version that the tenant defined. */
export async function listEntityTypes(scope: TenantScope): Promise<EntityTypeSummary[]> {
  const own = await scope.rows(
    sql`select distinct on (e.name, e.version) e.id, e.name, e.version, e.revision, e.definition, e.key_id as sealed_by from entity_types e
        where ${scope.mine('e')} order by e.name, e.version, e.revision desc`,
    readStored,
  );
  const shipped = ENTITY_TYPES.map(
    ({ name, version, attributes, identity, title }): EntityTypeSummary => ({
      name,
      version,
      revision: 1,
      attributes,
      identity,
      title,
      origin: 'product',
      migration_note: null,
    }),
  );
  return [...shipped, ...own.map(summarize)];
}

export interface FoundType {
  readonly name: string;
  readonly version: number;
  readonly identity: readonly string[];
  /** The problems of attributes; none where they are as the type says. */
  check(attributes: unknown): FieldProblem[];
}

/** Finds what the tenant defined as `name@version`; undefined for anything else. */
export async function findOwnType(scope: TenantScope, reference: string): Promise<FoundType | undefined> {
  const [, name, version] = /^([a-z][a-z0-9-]{0,62})@(\d{1,4})$/.exec(reference) ?? [];
  if (name === undefined || findEntityType(reference) !== undefined) return undefined;
  const stored = await scope.first(
    sql`select e.id, e.name, e.version, e.revision, e.definition, e.key_id as sealed_by from entity_types e
        where ${scope.mine('e')} and e.name = ${name} and e.version = ${Number(version)} order by e.revision desc limit 1`,
    readStored,
  );
  return stored && { ...stored, check: (attributes) => findAttributeFaults(stored, attributes) };
}
