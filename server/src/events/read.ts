// Reads a run's log: pages, a live follow without loss or repeat, and the export that `sallyport verify` checks offline.
import { currentView, type EventEnvelope, type Head } from '@sallyport/contracts';
import { type Row, sql, type TenantScope } from '../db/db.ts';
import type { RunId } from '../ids.ts';
import type { Signals } from './signals.ts';

const PAGE = 500;
/** A lost notification costs at most this long: a follower looks by itself then. */
const LOOK_AGAIN_MS = 5_000;

const SALT_BYTES = 16;

interface StoredEvent {
  readonly envelope: EventEnvelope;
  readonly salt: Uint8Array | null;
  readonly bytes: Uint8Array | null;
  readonly dataDigest: string;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** An event without its payload. */
export type EventHead = Omit<EventEnvelope, 'data'>;

function readHead(row: Row): EventHead {
  const prev = row.bytesOrNull('prev_hash');
  return {
    id: row.text('id'),
    tenant_id: row.text('tenant_id'),
    run_id: row.text('run_id'),
    seq: row.int('seq'),
    type: row.text('type'),
    version: row.int('version'),
    time: row.time('time').toISOString(),
    actor: { kind: row.text('actor_kind') as EventEnvelope['actor']['kind'], id: row.text('actor_id') },
    data_state: row.text('data_state') as EventEnvelope['data_state'],
    prev_hash: prev === null ? null : hex(prev),
    hash: hex(row.bytes('hash')),
  };
}

/** Sealed, the salt stands before the payload; in rows from before the vault it stands in a column of its own. */
function readPayload(row: Row): { readonly salt: Uint8Array | null; readonly bytes: Uint8Array | null } {
  const stored = row.contentOrNull('events.data', row.text('id'));
  if (stored === null || row.textOrNull('sealed_by') === null) return { salt: row.bytesOrNull('salt'), bytes: stored };
  return { salt: stored.subarray(0, SALT_BYTES), bytes: stored.subarray(SALT_BYTES) };
}

function readEvent(row: Row): StoredEvent {
  const { salt, bytes } = readPayload(row);
  const data: unknown = bytes === null ? null : JSON.parse(Buffer.from(bytes).toString('utf8'));
  return { bytes, salt, dataDigest: hex(row.bytes('data_digest')), envelope: { ...readHead(row), data } };
}

async function page(scope: TenantScope, runId: RunId, after: number, limit: number): Promise<StoredEvent[]> {
  return scope.rows(
    // A payload that has expired is not read, whether the sweep came by or not (RT1): that of a run's events, from the run's end.
    sql`select e.id, e.tenant_id, e.run_id, e.seq, e.type, e.version, e.time, e.actor_kind, e.actor_id,
          case when r.open or e.type = 'event.payload_removed' then e.data end as data, case when r.open or e.type = 'event.payload_removed' then e.salt end as salt,
          case when r.open or e.type = 'event.payload_removed' or e.data_state <> 'present' then e.data_state else 'expired' end as data_state,
          e.key_id as sealed_by, e.data_digest, e.prev_hash, e.hash
        from events e cross join (select x.ended_at is null or x.ended_at > (select app.kept_since('run')) as open from runs x
          where ${scope.mine('x')} and x.id = ${runId}) r
        where ${scope.mine('e')} and e.run_id = ${runId} and e.seq > ${after} order by e.seq limit ${limit}`,
    readEvent,
  );
}

/** What a reader makes of a stored event; what is stored stays as it is. */
export type View = <E extends Head>(stored: E) => E;

/** Events with `seq` greater than `after`, oldest first, at most `limit`; as this release reads them unless told. */
export async function listEvents(
  scope: TenantScope,
  runId: RunId,
  after: number,
  limit: number,
  view: View = currentView,
): Promise<EventEnvelope[]> {
  const rows = await page(scope, runId, after, Math.min(limit, PAGE));
  return rows.map((row) => view(row.envelope));
}

/** The same without payloads: nothing is opened. */
export async function listEventHeads(
  scope: TenantScope,
  runId: RunId,
  after: number,
  limit: number,
  view: View = currentView,
): Promise<EventHead[]> {
  const heads = await scope.rows(
    sql`select e.id, e.tenant_id, e.run_id, e.seq, e.type, e.version, e.time, e.actor_kind, e.actor_id, e.data_state, e.prev_hash, e.hash
        from events e where ${scope.mine('e')} and e.run_id = ${runId} and e.seq > ${after} order by e.seq limit ${Math.min(limit, PAGE)}`,
    readHead,
  );
  return heads.map((head) => view(head));
}

/** Every event of a run in order, read in pages. */
export async function* allEvents(
  scope: TenantScope,
  runId: RunId,
  after = -1,
  view: View = currentView,
): AsyncGenerator<EventEnvelope> {
  let seen = after;
  for (;;) {
    const events = await listEvents(scope, runId, seen, PAGE, view);
    yield* events;
    const last = events.at(-1);
    if (last === undefined || events.length < PAGE) return;
    seen = last.seq;
  }
}

export interface FollowOptions {
  readonly after: number;
  readonly signal: AbortSignal;
  readonly view?: View;
  /** True when no further event can come; asked each time the log has been read to its end. */
  readonly ended: () => Promise<boolean>;
}

/** Every event after `after`, then live, until the run has ended and all is read, or `signal` aborts. */
export async function* followEvents(
  scope: TenantScope,
  signals: Signals,
  runId: RunId,
  options: FollowOptions,
): AsyncGenerator<EventEnvelope> {
  let seen = options.after;
  const waiter = signals.watch(runId);
  try {
    while (!options.signal.aborted) {
      waiter.arm();
      const ended = await options.ended();
      for await (const event of allEvents(scope, runId, seen, options.view)) {
        if (options.signal.aborted) return;
        yield event;
        seen = event.seq;
      }
      if (ended) return;
      await waiter.wait(LOOK_AGAIN_MS, options.signal);
    }
  } finally {
    waiter.close();
  }
}

/** The export of `libs/chain`: a header line, then one line an event, bytes and salts as they are stored. */
export async function* exportRun(
  scope: TenantScope,
  run: { id: RunId; lastSeq: number; head: Uint8Array | null },
): AsyncGenerator<string> {
  yield `${JSON.stringify({ sallyport_export: 1, tenant_id: scope.tenantId, run_id: run.id, last_seq: run.lastSeq, head: run.head === null ? null : hex(run.head) })}\n`;
  let seen = -1;
  while (seen < run.lastSeq) {
    const rows = await page(scope, run.id, seen, PAGE);
    if (rows.length === 0) return;
    for (const row of rows) {
      if (row.envelope.seq > run.lastSeq) return;
      const { data: _data, ...envelope } = row.envelope;
      const b64 = (bytes: Uint8Array | null): string | null =>
        bytes === null ? null : Buffer.from(bytes).toString('base64');
      yield `${JSON.stringify({ ...envelope, data_b64: b64(row.bytes), salt_b64: b64(row.salt), data_digest: row.dataDigest })}\n`;
      seen = row.envelope.seq;
    }
  }
}
