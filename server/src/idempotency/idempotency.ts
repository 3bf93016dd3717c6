// Owns what was answered to a request with an Idempotency-Key (RL6), for 24 hours.
// Promises that the record and the effect are one transaction: a request that failed leaves no record, and two at once make one effect.
// Must never replay an answer that held a secret, nor one principal's answer to another.
import { createHash, randomBytes } from 'node:crypto';
import { canonicalize } from '@sallyport/chain';
import { absent, type Database, type Row, sql, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';

/** One use of a key. Equal keys of another principal, method or route are other keys. */
export interface KeyedRequest {
  readonly principal: string;
  /** Method and pattern of the route. */
  readonly route: string;
  readonly key: string;
  readonly fingerprint: Uint8Array;
}

export interface StoredAnswer {
  readonly status: number;
  readonly body: string;
}

const KEPT_SECONDS = 86_400;
const KEY = /^[\x21-\x7e]{1,255}$/;

/** What tells two requests apart: the parsed body, so that spaces and the order of fields do not matter. */
export function fingerprint(body: unknown): Uint8Array {
  return createHash('sha256')
    .update(`sallyport.idempotency.v1\0${canonicalize(body)}`, 'utf8')
    .digest();
}

/** The key of a header. Throws `invalid_request` for one that is empty, long or not printable ASCII. */
export function parseIdempotencyKey(text: string): string {
  if (KEY.test(text)) return text;
  throw fault('invalid_request', {
    fields: [{ path: 'Idempotency-Key', message: 'must be 1 to 255 printable ASCII characters' }],
  });
}

function rowName({ principal, route, key }: KeyedRequest): string {
  return `${principal}\n${route}\n${key}`;
}

/**
 * Enters the request: undefined for the first one, or what was answered to it.
 * The advisory lock goes with the transaction, so a second request that comes meanwhile is told `idempotency_in_flight`
 * at once; waiting on the unique key instead would hold one connection for each repeat.
 */
export async function enterKeyed(tx: TenantTx, request: KeyedRequest): Promise<StoredAnswer | undefined> {
  const { principal, route, key } = request;
  const free = await tx.first(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${tx.value}::text || ${rowName(request)}::text, 21009)) as free`,
    (row: Row) => row.bool('free'),
  );
  if (free !== true) throw fault('idempotency_in_flight', { retryAfter: 1 });
  await tx.run(sql`delete from idempotency i where ${tx.mine('i')} and i.principal = ${principal} and i.route = ${route} and i.key = ${key}
    and i.created_at < clock_timestamp() - make_interval(secs => ${KEPT_SECONDS})`);
  const standing = await tx.first(
    sql`select i.fingerprint, i.status, i.body, i.key_id as sealed_by from idempotency i
        where ${tx.mine('i')} and i.principal = ${principal} and i.route = ${route} and i.key = ${key}`,
    (row: Row) => ({
      fingerprint: Buffer.from(row.bytes('fingerprint')),
      status: row.int('status'),
      body: row.contentOrNull('idempotency.body', rowName(request)),
    }),
  );
  if (standing === undefined) return undefined;
  const content = await tx.content();
  if (!standing.fingerprint.equals(content.digest('request', request.fingerprint))) throw fault('idempotency_reused');
  if (standing.body === null) throw fault('already_created');
  return { status: standing.status, body: Buffer.from(standing.body).toString('utf8') };
}

/** Records the answer in the transaction of the effect. Without a body the request made a secret and is never replayed. */
export async function recordAnswer(
  tx: TenantTx,
  request: KeyedRequest,
  answer: { readonly status: number; readonly body: string | undefined },
): Promise<void> {
  const content = await tx.content();
  const body =
    answer.body === undefined
      ? absent('idempotency.body')
      : content.seal('idempotency.body', rowName(request), answer.body);
  // The digest of a request is keyed: a plain one would let anyone who holds a dump test what was asked.
  const print = content.digest('request', request.fingerprint);
  await tx.run(sql`insert into idempotency (tenant_id, principal, route, key, fingerprint, status, body, key_id)
    values (${tx.value}, ${request.principal}, ${request.route}, ${request.key}, ${print}, ${answer.status}, ${body}, ${content.keyId})`);
}

/**
 * Takes a key of the operator, who has no tenant to keep a record under. Taken before the effect and for ever:
 * a creation that failed half-way is not repeated under the same key, since its secret may have been made.
 */
export async function takeOperatorKey(db: Database, request: Omit<KeyedRequest, 'principal'>): Promise<void> {
  const name = createHash('sha256').update(`${request.route}\0${request.key}`, 'utf8').digest('hex');
  const print = Buffer.from(request.fingerprint);
  const value = Buffer.concat([print, randomBytes(16)]);
  const [standing] = await db.system('instance_put', [`idempotency:${name}`, value], (row: Row) =>
    Buffer.from(row.bytes('value')),
  );
  if (standing?.equals(value) === true) return;
  throw fault(standing?.subarray(0, print.length).equals(print) === true ? 'already_created' : 'idempotency_reused');
}
