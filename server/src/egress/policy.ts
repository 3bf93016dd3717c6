// What a tenant made of its ways out: profile, lists, limits. One row, and one row for each limit.
import type { EgressPolicy, PutEgressPolicy } from '@sallyport/contracts';
import { parseHostRule } from '@sallyport/egress';
import { recordAct } from '../audit/audit.ts';
import { type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import type { EgressLists } from './lists.ts';

export interface StandingPolicy extends EgressLists {
  readonly reader: boolean;
}

const UNLESS_TOLD: StandingPolicy = { profile: 'open', allow: [], deny: [], reader: true };

export async function readPolicy(scope: TenantScope): Promise<StandingPolicy> {
  const own = await scope.first(
    sql`select p.profile, p.allow, p.deny, p.reader from egress_policies p where ${scope.mine('p')}`,
    (row: Row): StandingPolicy => ({
      profile: row.text('profile') === 'open' ? 'open' : 'internal',
      allow: row.textArray('allow'),
      deny: row.textArray('deny'),
      reader: row.bool('reader'),
    }),
  );
  return own ?? UNLESS_TOLD;
}

export async function getEgressPolicy(scope: TenantScope, deployment: EgressLists): Promise<EgressPolicy> {
  const limits = await scope.rows(
    sql`select l.tool, l.calls_per_minute, l.bytes_per_hour from egress_limits l where ${scope.mine('l')} order by l.tool`,
    (row: Row) => ({
      tool: row.text('tool'),
      calls_per_minute: row.intOrNull('calls_per_minute'),
      bytes_per_hour: row.bigintOrNull('bytes_per_hour'),
    }),
  );
  const { profile, allow, deny } = deployment;
  return {
    ...(await readPolicy(scope)),
    limits: limits.map((limit) => ({
      ...limit,
      bytes_per_hour: limit.bytes_per_hour === null ? null : Number(limit.bytes_per_hour),
    })),
    deployment: { profile, allow: [...allow], deny: [...deny] },
  };
}

function demandRules(path: string, rules: readonly string[] = []): void {
  const fields = rules.flatMap((text, at) => {
    try {
      parseHostRule(text);
      return [];
    } catch {
      return [{ path: `${path}/${at}`, message: 'is not a host with an optional port' }];
    }
  });
  if (fields.length > 0) throw fault('invalid_input', { fields });
}

/** Changes what is named and leaves the rest. Limits are replaced as a whole. It holds from the next hop on. */
export async function putEgressPolicy(tx: TenantTx, wanted: PutEgressPolicy): Promise<void> {
  demandRules('/allow', wanted.allow);
  demandRules('/deny', wanted.deny);
  await tx.run(sql`insert into egress_policies (tenant_id) values (${tx.value}) on conflict do nothing`);
  // Its row is locked first: of two changes at once one is whole and then the other.
  const before = await tx.first(
    sql`select p.profile, p.allow, p.deny, p.reader from egress_policies p where ${tx.mine('p')} for update`,
    (row: Row): StandingPolicy => ({
      profile: row.text('profile') === 'open' ? 'open' : 'internal',
      allow: row.textArray('allow'),
      deny: row.textArray('deny'),
      reader: row.bool('reader'),
    }),
  );
  const { profile, allow, deny, reader } = { ...UNLESS_TOLD, ...before, ...wanted };
  await tx.run(
    sql`update egress_policies p set profile = ${profile}, allow = ${[...allow]}, deny = ${[...deny]}, reader = ${reader}, updated_at = clock_timestamp()
        where ${tx.mine('p')}`,
  );
  if (wanted.limits !== undefined) await replaceLimits(tx, wanted.limits);
  await recordAct(tx, {
    action: 'egress.policy_changed',
    object: { kind: 'tenant', id: tx.tenantId },
    detail: { profile, allow: allow.length, deny: deny.length, reader, limits: wanted.limits?.length ?? null },
  });
}

async function replaceLimits(tx: TenantTx, limits: NonNullable<PutEgressPolicy['limits']>): Promise<void> {
  const tools = limits.map((limit) => limit.tool ?? '*');
  const empty = limits.findIndex((one) => one.calls_per_minute === undefined && one.bytes_per_hour === undefined);
  if (empty !== -1)
    throw fault('invalid_input', { fields: [{ path: `/limits/${empty}`, message: 'limits neither calls nor bytes' }] });
  if (new Set(tools).size !== tools.length)
    throw fault('invalid_input', { fields: [{ path: '/limits', message: 'names a tool twice' }] });
  await tx.run(sql`delete from egress_limits l where ${tx.mine('l')}`);
  await tx.run(
    sql`insert into egress_limits (tenant_id, tool, calls_per_minute, bytes_per_hour)
        select ${tx.value}, n.tool, n.calls, n.bytes
        from unnest(${tools}::text[], ${limits.map((one) => one.calls_per_minute ?? null)}::int[], ${limits.map((one) => one.bytes_per_hour ?? null)}::bigint[])
          as n(tool, calls, bytes)`,
  );
}
