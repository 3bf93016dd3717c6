// Appends to a run's chain under the row lock of the run: the only place where `seq`, `prev_hash` and `hash` are assigned.
import { randomBytes } from 'node:crypto';
import { appendLink, canonicalize } from '@sallyport/chain';
import { checkEventData, EVENT_VERSIONS, type NewEvent } from '@sallyport/contracts';
import { type Row, sql, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import { type EventId, newId, type RunId } from '../ids.ts';
import { storable } from './stored-text.ts';

/** A worker must hold the present epoch; a control act (a closed list) only needs the row lock. */
export type Appender = { readonly kind: 'worker'; readonly epoch: bigint } | { readonly kind: 'control' };

export interface RunHead {
  readonly runId: RunId;
  readonly status: string;
  readonly epoch: bigint;
  readonly lastSeq: number;
  readonly head: Uint8Array | null;
}

const CONTROL_TYPES: ReadonlySet<string> = new Set([
  'run.created',
  'run.cancelled',
  'effect.settled',
  'human.message',
  'tool.call.approved',
  'tool.call.denied',
  'tool.call.expired',
  'event.payload_removed',
]);

/**
 * Locks the run's row and answers its head.
 * The epoch is judged under the lock, so that a superseded worker is refused and never half-way in.
 */
export async function lockRun(tx: TenantTx, runId: RunId, appender: Appender): Promise<RunHead> {
  const head = await tx.first(
    sql`select r.status, r.epoch, r.last_seq, r.head from runs r where ${tx.mine('r')} and r.id = ${runId} for update`,
    (row: Row) => ({
      runId,
      status: row.text('status'),
      epoch: row.bigint('epoch'),
      lastSeq: row.int('last_seq'),
      head: row.bytesOrNull('head'),
    }),
  );
  if (head === undefined) throw fault('not_found');
  if (appender.kind === 'worker' && (head.epoch !== appender.epoch || head.status !== 'running')) {
    throw fault('stale_epoch', { detail: `run ${runId} is ${head.status} at epoch ${head.epoch}` });
  }
  return head;
}

interface PreparedEvent {
  readonly seq: number;
  readonly id: EventId;
  readonly type: string;
  readonly version: number;
  readonly time: string;
  readonly actorKind: string;
  readonly actorId: string;
  /** What is sealed: the salt of the commitment, then the payload. */
  readonly salted: Uint8Array;
  readonly dataBytes: number;
  readonly dataDigest: Uint8Array;
  readonly prevHash: Uint8Array | null;
  readonly hash: Uint8Array;
}

function prepare(tx: TenantTx, head: RunHead, events: readonly NewEvent[], now: number): PreparedEvent[] {
  let { lastSeq, head: prev } = head;
  return events.map((event) => {
    const data = storable(event.data);
    const checked = checkEventData(event.type, data);
    if (!checked.ok) {
      throw fault('internal', {
        detail: `event ${event.type} breaks its contract: ${JSON.stringify(checked.problems.slice(0, 3))}`,
      });
    }
    const bytes = Buffer.from(canonicalize(data), 'utf8');
    const salt = randomBytes(16);
    const id = newId<EventId>(now);
    const time = new Date(now).toISOString();
    const seq = lastSeq + 1;
    const version = EVENT_VERSIONS[event.type];
    const envelope = {
      id,
      tenant_id: tx.tenantId,
      run_id: head.runId,
      type: event.type,
      version,
      time,
      actor: { kind: event.actor.kind, id: event.actor.id },
    };
    const link = appendLink({ prev, seq, envelope, salt, bytes });
    const prepared = {
      seq,
      id,
      type: event.type,
      version,
      time,
      actorKind: event.actor.kind,
      actorId: event.actor.id,
      salted: Buffer.concat([salt, bytes]),
      dataBytes: bytes.length,
      dataDigest: link.dataDigest,
      prevHash: prev,
      hash: link.hash,
    };
    lastSeq = seq;
    prev = link.hash;
    return prepared;
  });
}

/**
 * Appends events to a run whose row is locked, in one insert, and moves the head. Answers the new head.
 * `stalls` is reset because a step got through: only a step that ends its worker again and again is poisoned.
 */
export async function append(
  tx: TenantTx,
  head: RunHead,
  appender: Appender,
  events: readonly NewEvent[],
  options: { readonly now?: number; readonly progress?: boolean } = {},
): Promise<RunHead> {
  if (events.length === 0) return head;
  if (appender.kind === 'control') {
    const foreign = events.find((event) => !CONTROL_TYPES.has(event.type));
    if (foreign !== undefined) throw fault('internal', { detail: `${foreign.type} may only be written by the worker` });
  }
  const rows = prepare(tx, head, events, options.now ?? Date.now());
  const last = rows.at(-1);
  if (last === undefined) return head;
  const content = await tx.content();
  const data = content.sealAll(
    'events.data',
    rows.map((r) => ({ row: r.id, plain: r.salted })),
  );
  await tx.run(sql`insert into events (tenant_id, run_id, seq, id, type, version, time, actor_kind, actor_id, data, key_id, data_bytes, data_digest, prev_hash, hash)
    select ${tx.value}, ${head.runId}, e.seq, e.id, e.type, e.version, e.time, e.actor_kind, e.actor_id, e.data, ${content.keyId}, e.data_bytes, e.data_digest, e.prev_hash, e.hash
    from unnest(${rows.map((r) => r.seq)}::int[], ${rows.map((r) => r.id)}::uuid[], ${rows.map((r) => r.type)}::text[], ${rows.map((r) => r.version)}::int[], ${rows.map((r) => r.time)}::timestamptz[],
      ${rows.map((r) => r.actorKind)}::text[], ${rows.map((r) => r.actorId)}::text[], ${data}::bytea[], ${rows.map((r) => r.dataBytes)}::int[],
      ${rows.map((r) => r.dataDigest)}::bytea[], ${rows.map((r) => r.prevHash)}::bytea[], ${rows.map((r) => r.hash)}::bytea[])
      as e(seq, id, type, version, time, actor_kind, actor_id, data, data_bytes, data_digest, prev_hash, hash)`);
  const moved = await tx.run(
    options.progress === false
      ? sql`update runs r set last_seq = ${last.seq}, head = ${last.hash} where ${tx.mine('r')} and r.id = ${head.runId} and r.last_seq = ${head.lastSeq}`
      : sql`update runs r set last_seq = ${last.seq}, head = ${last.hash}, stalls = 0 where ${tx.mine('r')} and r.id = ${head.runId} and r.last_seq = ${head.lastSeq}`,
  );
  if (moved !== 1) throw fault('internal', { detail: `the head of run ${head.runId} moved under its lock` });
  return { ...head, lastSeq: last.seq, head: last.hash };
}
