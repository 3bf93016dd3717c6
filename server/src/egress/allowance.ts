// How often and how much: calls in a minute and bytes in an hour, of each tool and of all tools of a tenant together. The rows are in the
// database, so that the limits hold over all nodes; without a limit nothing is counted.
import { type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';

const ALL_TOOLS = '*';

/** The limit that a further call would pass, in words; undefined when the call is counted and may begin. */
export async function takeCall(tx: TenantTx, tool: string): Promise<string | undefined> {
  const names = [ALL_TOOLS, tool];
  const limited = await tx.rows(
    sql`select l.tool from egress_limits l where ${tx.mine('l')} and l.tool = any(${names}::text[])`,
    (row: Row) => row.text('tool'),
  );
  if (limited.length === 0) return undefined;
  await tx.run(
    sql`insert into egress_use (tenant_id, tool, minute, calls, hour, bytes)
        select ${tx.value}, n.tool, date_trunc('minute', clock_timestamp()), 0, date_trunc('hour', clock_timestamp()), 0
        from unnest(${limited}::text[]) as n(tool) on conflict do nothing`,
  );
  // The rows are locked in one order: two calls of two tools never wait for each other.
  const use = await tx.rows(
    sql`select u.tool, l.calls_per_minute, l.bytes_per_hour,
          case when u.minute = date_trunc('minute', clock_timestamp()) then u.calls else 0 end as calls,
          case when u.hour = date_trunc('hour', clock_timestamp()) then u.bytes else 0 end as bytes
        from egress_use u join egress_limits l on l.tenant_id = u.tenant_id and l.tool = u.tool
        where ${tx.mine('u')} and ${tx.mine('l')} and u.tool = any(${limited}::text[]) order by u.tool for update of u`,
    (row: Row) => ({
      tool: row.text('tool'),
      mostCalls: row.intOrNull('calls_per_minute'),
      mostBytes: row.bigintOrNull('bytes_per_hour'),
      calls: row.int('calls'),
      bytes: row.bigint('bytes'),
    }),
  );
  for (const { tool: name, mostCalls, mostBytes, calls, bytes } of use) {
    const whose = name === ALL_TOOLS ? 'the tenant' : name;
    if (mostCalls !== null && calls >= mostCalls) return `${whose} has made its ${mostCalls} calls of this minute`;
    if (mostBytes !== null && bytes >= mostBytes) return `${whose} has moved its ${mostBytes} bytes of this hour`;
  }
  await tx.run(
    sql`update egress_use u set
          calls = case when u.minute = date_trunc('minute', clock_timestamp()) then u.calls else 0 end + 1,
          bytes = case when u.hour = date_trunc('hour', clock_timestamp()) then u.bytes else 0 end,
          minute = date_trunc('minute', clock_timestamp()), hour = date_trunc('hour', clock_timestamp())
        where ${tx.mine('u')} and u.tool = any(${limited}::text[])`,
  );
  return undefined;
}

/** Counts what a call moved. A call that began within the limit may pass it by its own size, which the guard bounds. */
export async function chargeBytes(scope: TenantScope, tool: string, bytes: number): Promise<void> {
  if (bytes <= 0) return;
  await scope.run(
    sql`update egress_use u set bytes = case when u.hour = date_trunc('hour', clock_timestamp()) then u.bytes else 0 end + ${bytes}::bigint,
          hour = date_trunc('hour', clock_timestamp())
        where ${scope.mine('u')} and u.tool = any(${[ALL_TOOLS, tool]}::text[])`,
  );
}
