// One row for each hop of a tool's call, to be looked through across runs. What names content is sealed; a host is found by its keyed digest.
import type { EgressDecision } from '@sallyport/contracts';
import { type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';
import { type DecisionId, firstIdAt, newId, type RunId } from '../ids.ts';

/** What became of one hop. */
export interface Hop {
  readonly verdict: 'allow' | 'block' | 'report';
  readonly code?: string;
  readonly rule?: string;
  readonly hop: number;
  /** Lower case, without brackets and trailing dot; empty when the text was no URL. */
  readonly host: string;
  readonly port: number;
  /** The address that was called; of what is refused none is told. */
  readonly address?: string;
  readonly status?: number;
  /** On the wire. */
  readonly bytes: number;
  readonly dnsMs: number;
  readonly connectMs: number;
}

interface SealedPlace {
  readonly host: string;
  readonly rule: string | null;
  readonly address: string | null;
}

/** In the transaction that writes the events of the call. */
export async function recordDecisions(
  tx: TenantTx,
  call: { readonly runId: RunId; readonly callId: string; readonly tool: string },
  hops: readonly Hop[],
): Promise<void> {
  if (hops.length === 0) return;
  const content = await tx.content();
  const now = Date.now();
  // Ids of one millisecond are in no order of their own: the hops take them in theirs.
  const ids = hops.map(() => newId<DecisionId>(now)).sort();
  const placed = hops.map((hop, at) => ({ ...hop, id: ids[at] ?? newId<DecisionId>(now) }));
  const places = content.sealAll(
    'egress_decisions.place',
    placed.map(({ id, host, rule, address, verdict }) => {
      const place: SealedPlace = { host, rule: rule ?? null, address: verdict === 'block' ? null : (address ?? null) };
      return { row: id, plain: Buffer.from(JSON.stringify(place), 'utf8') };
    }),
  );
  await tx.run(sql`insert into egress_decisions (tenant_id, id, run_id, call_id, tool, verdict, code, hop, port, status, bytes, dns_ms, connect_ms, place, host_digest, key_id, decided_at)
    select ${tx.value}, d.id, ${call.runId}, ${call.callId}, ${call.tool}, d.verdict, d.code, d.hop, d.port, d.status, d.bytes, d.dns_ms, d.connect_ms, d.place, d.host_digest, ${content.keyId}, ${new Date(now)}
    from unnest(${placed.map(({ id }) => id)}::uuid[], ${placed.map(({ verdict }) => verdict)}::text[], ${placed.map(({ code }) => code ?? null)}::text[],
      ${placed.map(({ hop }) => hop)}::int[], ${placed.map(({ port }) => port)}::int[], ${placed.map(({ status }) => status ?? null)}::int[],
      ${placed.map(({ bytes }) => bytes)}::bigint[], ${placed.map(({ dnsMs }) => Math.round(dnsMs))}::int[], ${placed.map(({ connectMs }) => Math.round(connectMs))}::int[],
      ${places}::bytea[], ${placed.map(({ host }) => content.digest('host', host))}::bytea[])
      as d(id, verdict, code, hop, port, status, bytes, dns_ms, connect_ms, place, host_digest)`);
}

export interface DecisionFilter {
  readonly verdict?: EgressDecision['verdict'] | undefined;
  readonly code?: string | undefined;
  /** As in `Hop`; the very host, not what is below it. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly runId?: RunId | undefined;
  readonly tool?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** Newest first; only those older than this id. */
  readonly before?: DecisionId | undefined;
  readonly limit: number;
}

function readDecision(row: Row): EgressDecision {
  const id = row.text('id');
  const { host, rule, address } = row.contentJson<SealedPlace>('egress_decisions.place', id);
  return {
    id,
    tenant_id: row.text('tenant_id'),
    run_id: row.text('run_id'),
    call_id: row.text('call_id'),
    tool: row.text('tool'),
    verdict: row.text('verdict') as EgressDecision['verdict'],
    code: row.textOrNull('code'),
    rule,
    hop: row.int('hop'),
    host,
    port: row.int('port'),
    address,
    status: row.intOrNull('status'),
    bytes: Number(row.bigint('bytes')),
    dns_ms: row.int('dns_ms'),
    connect_ms: row.int('connect_ms'),
    decided_at: row.time('decided_at').toISOString(),
  };
}

/** Written out, so that the planner sees that the few which are refused have an index of their own. */
const VERDICTS = {
  allow: sql`d.verdict = 'allow'`,
  block: sql`d.verdict = 'block'`,
  report: sql`d.verdict = 'report'`,
};

export async function listDecisions(scope: TenantScope, filter: DecisionFilter): Promise<EgressDecision[]> {
  const { verdict, code, host, port, runId, tool, from, to, before } = filter;
  const digest = host === undefined ? undefined : (await scope.content()).digest('host', host);
  return scope.rows(
    // Those of a run whose contents have expired are not read, whether the sweep came by or not (RT1).
    sql`select d.id, d.tenant_id, d.run_id, d.call_id, d.tool, d.verdict, d.code, d.hop, d.port, d.status, d.bytes, d.dns_ms, d.connect_ms, d.place,
          d.key_id as sealed_by, d.decided_at
        from egress_decisions d join runs r on r.tenant_id = d.tenant_id and r.id = d.run_id
        where ${scope.mine('d')} and ${scope.mine('r')} and (r.ended_at is null or r.ended_at > (select app.kept_since('run'))) and ${sql.all(
          verdict !== undefined && sql.pick(verdict, VERDICTS),
          code !== undefined && sql`d.code = ${code}`,
          digest !== undefined && sql`d.host_digest = ${digest}`,
          port !== undefined && sql`d.port = ${port}`,
          runId !== undefined && sql`d.run_id = ${runId}`,
          tool !== undefined && sql`d.tool = ${tool}`,
          from !== undefined && sql`d.id >= ${firstIdAt(from)}`,
          to !== undefined && sql`d.id < ${firstIdAt(to)}`,
          before !== undefined && sql`d.id < ${before}`,
        )} order by d.id desc limit ${filter.limit}`,
    readDecision,
  );
}
