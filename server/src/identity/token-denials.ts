// Tokens that a tenant takes no more before they end by themselves: one, all of a session, or all of a person until now (JW8). It counts
// from the next request on, on every node: each token asks for its membership anew, and the row stands beside it.
import type { DenyToken, TokenDenial } from '@sallyport/contracts';
import { recordAct } from '../audit/audit.ts';
import { lockTenant, type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import { newId, type TokenDenialId } from '../ids.ts';

const MOST_DENIALS = 5_000;
/** No token is taken that is older than a day; an hour for clocks that differ. */
const KEPT_SECONDS = 90_000;

function readDenial(row: Row): TokenDenial {
  return {
    id: row.text('id'),
    tenant_id: row.text('tenant_id'),
    issuer: row.text('issuer'),
    kind: row.text('kind') as TokenDenial['kind'],
    value: row.text('value'),
    issued_until: row.timeOrNull('issued_until')?.toISOString() ?? null,
    created_at: row.time('created_at').toISOString(),
  };
}

/** Throws `conflict` when the tenant denies as many as it may; those that are of no use any more go first. */
export async function denyToken(tx: TenantTx, wanted: DenyToken): Promise<TokenDenial> {
  const { issuer, kind, value } = wanted;
  await lockTenant(tx, 'token_denials');
  await tx.run(
    sql`delete from token_denials d where ${tx.mine('d')} and d.created_at < clock_timestamp() - make_interval(secs => ${KEPT_SECONDS})`,
  );
  const count = await tx.first(
    sql`select count(d.id)::int as n from token_denials d where ${tx.mine('d')}`,
    (row: Row) => row.int('n'),
  );
  if ((count ?? 0) >= MOST_DENIALS)
    throw fault('conflict', { fields: [{ path: '', message: `the tenant denies ${MOST_DENIALS} already` }] });
  const made = await tx.first(
    sql`insert into token_denials (tenant_id, id, issuer, kind, value, issued_until)
        values (${tx.value}, ${newId<TokenDenialId>()}, ${issuer}, ${kind}, ${value}, case ${kind}::text when 'subject' then clock_timestamp() end)
        returning id, tenant_id, issuer, kind, value, issued_until, created_at`,
    readDenial,
  );
  if (made === undefined) throw fault('internal', { detail: 'the denial was not stored' });
  await recordAct(tx, { action: 'token.denied', object: { kind: 'token_denial', id: made.id }, detail: { of: kind } });
  return made;
}

export async function listTokenDenials(
  scope: TenantScope,
  page: { before?: TokenDenialId | undefined; limit: number },
): Promise<TokenDenial[]> {
  return scope.rows(
    sql`select d.id, d.tenant_id, d.issuer, d.kind, d.value, d.issued_until, d.created_at from token_denials d
        where ${scope.mine('d')} and ${sql.all(page.before !== undefined && sql`d.id < ${page.before}`)} order by d.id desc limit ${page.limit}`,
    readDenial,
  );
}

/** What was denied is good again, as far as it has not ended. */
export async function removeTokenDenial(tx: TenantTx, id: TokenDenialId): Promise<void> {
  const gone = await tx.run(sql`delete from token_denials d where ${tx.mine('d')} and d.id = ${id}`);
  if (gone === 0) throw fault('not_found');
  await recordAct(tx, { action: 'token.denial_removed', object: { kind: 'token_denial', id } });
}
