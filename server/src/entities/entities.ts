// Owns entities and the types that tenants define: typed findings of runs, checked against their contract before they are stored.
// Promises that one effect key makes one entity, and that an untrusted finding never replaces another: it stands beside it (flow R34).
// Must never merge values of different integrity.
import { canonicalize } from '@sallyport/chain';
import { checkEntity, type Entity, type FieldProblem, findEntityType } from '@sallyport/contracts';
import { type Row, sql, type TenantScope } from '../db/db.ts';
import { fault } from '../errors.ts';
import { type EntityId, newId, type RunId } from '../ids.ts';
import { type FoundType, findOwnType } from './own-types.ts';

export { defineEntityType, listEntityTypes } from './own-types.ts';

export interface NewEntity {
  readonly id?: EntityId | undefined;
  /** `name@version` */
  readonly reference: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly evidence: readonly string[];
  readonly integrity: 'trusted' | 'untrusted';
  readonly confidentiality: 'public' | 'private';
  readonly sources: readonly string[];
  readonly runId: RunId;
  readonly effectKey: string;
}

/** What has expired is unreadable from that moment, whether the sweep came by or not (RT1). */
const kept = sql`e.created_at > (select app.kept_since('entity'))`;

function readEntity(row: Row): Entity {
  const id = row.text('id');
  return {
    id,
    tenant_id: row.text('tenant_id'),
    run_id: row.text('run_id'),
    type: row.text('type'),
    version: row.int('version'),
    attributes: row.contentJson<Record<string, unknown>>('entities.attributes', id),
    evidence: row.textArray('evidence'),
    integrity: row.text('integrity') as Entity['integrity'],
    confidentiality: row.text('confidentiality') as Entity['confidentiality'],
    sources: row.contentJson<string[]>('entities.sources', id),
    created_at: row.time('created_at').toISOString(),
  };
}

async function findType(scope: TenantScope, reference: string): Promise<FoundType | undefined> {
  const shipped = findEntityType(reference);
  if (shipped === undefined) return findOwnType(scope, reference);
  const check = (attributes: unknown): FieldProblem[] => {
    const checked = checkEntity(reference, attributes);
    return checked.ok ? [] : checked.problems;
  };
  return { name: shipped.name, version: shipped.version, identity: shipped.identity, check };
}

/** Checks and inserts. Throws `invalid_input` with the fields that break the contract. */
export async function saveEntity(scope: TenantScope, entity: NewEntity): Promise<Entity> {
  const type = await findType(scope, entity.reference);
  const problems = type?.check(entity.attributes) ?? [
    { path: '', message: `unknown entity type ${entity.reference.slice(0, 100)}` },
  ];
  if (type === undefined || problems.length > 0) throw fault('invalid_input', { fields: problems });
  const named = Object.fromEntries(type.identity.map((key) => [key, entity.attributes[key] ?? null]));
  const id = entity.id ?? newId<EntityId>();
  const content = await scope.content();
  const identity = content.digest('entity', `sallyport.entity.v1\0${entity.reference}\0${canonicalize(named)}`);
  const made = await scope.first(
    sql`insert into entities (tenant_id, id, run_id, effect_key, type, version, identity, attributes, sources, key_id, evidence, integrity, confidentiality)
        values (${scope.value}, ${id}, ${entity.runId}, ${entity.effectKey}, ${type.name}, ${type.version}, ${identity},
          ${content.sealJson('entities.attributes', id, entity.attributes)}, ${content.sealJson('entities.sources', id, entity.sources)}, ${content.keyId},
          ${[...entity.evidence]}::uuid[], ${entity.integrity}, ${entity.confidentiality})
        on conflict (tenant_id, run_id, effect_key) do nothing
        returning id, tenant_id, run_id, type, version, attributes, sources, key_id as sealed_by, evidence::text[] as evidence, integrity, confidentiality, created_at`,
    readEntity,
  );
  if (made !== undefined) return made;
  const standing = await scope.first(
    sql`select e.id, e.tenant_id, e.run_id, e.type, e.version, e.attributes, e.sources, e.key_id as sealed_by, e.evidence::text[] as evidence, e.integrity, e.confidentiality, e.created_at
        from entities e where ${scope.mine('e')} and e.run_id = ${entity.runId} and e.effect_key = ${entity.effectKey}`,
    readEntity,
  );
  if (standing === undefined) throw fault('internal', { detail: 'the entity was not stored' });
  return standing;
}

export async function getEntity(scope: TenantScope, id: EntityId): Promise<Entity> {
  const entity = await scope.first(
    sql`select e.id, e.tenant_id, e.run_id, e.type, e.version, e.attributes, e.sources, e.key_id as sealed_by, e.evidence::text[] as evidence, e.integrity, e.confidentiality, e.created_at
        from entities e where ${scope.mine('e')} and e.id = ${id} and ${kept}`,
    readEntity,
  );
  if (entity === undefined) throw fault('not_found');
  return entity;
}

export interface EntityFilter {
  readonly type?: string | undefined;
  readonly runId?: RunId | undefined;
  readonly before?: EntityId | undefined;
  readonly limit: number;
}

export async function listEntities(scope: TenantScope, filter: EntityFilter): Promise<Entity[]> {
  const [name, version] = filter.type?.split('@') ?? [];
  return scope.rows(
    sql`select e.id, e.tenant_id, e.run_id, e.type, e.version, e.attributes, e.sources, e.key_id as sealed_by, e.evidence::text[] as evidence, e.integrity, e.confidentiality, e.created_at
        from entities e where ${scope.mine('e')} and ${kept} and ${sql.all(
          name !== undefined && sql`e.type = ${name}`,
          version !== undefined && sql`e.version = ${Number(version)}`,
          filter.runId !== undefined && sql`e.run_id = ${filter.runId}`,
          filter.before !== undefined && sql`e.id < ${filter.before}`,
        )} order by e.id desc limit ${filter.limit}`,
    readEntity,
  );
}
