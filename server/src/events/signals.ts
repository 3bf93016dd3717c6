// Tells followers and workers, on every node, that something moved. Ids only, never content: any listener reads them.
// Never inside the transaction of an append: NOTIFY takes a database-wide lock at commit.
import { EventEmitter } from 'node:events';
import { asId, type RunId } from '../ids.ts';
import { ANY_RUN, type RunsWaiter, type Waiter, waiterOn, waiterOnRuns } from './waiter.ts';

const BATCH_MS = 10;
/** Postgres refuses a payload of 8,000 bytes; an id and its comma are 37. */
const MOST_IDS = 200;
const CHANNEL = 'sallyport_runs';
const WORK_CHANNEL = 'sallyport_work';
const STOP_CHANNEL = 'sallyport_stop';

/** What the database room offers on its direct connection. */
export interface Listener {
  listen(channel: string, heard: (payload: string) => void): Promise<void>;
  notify(channel: string, payload: string): Promise<void>;
}

export interface Signals {
  /** A run's log grew (or its status changed): after the commit. */
  touched(runId: RunId): void;
  /** A run became ready to be claimed: after the commit. */
  ready(): void;
  /** A run was taken from its worker (cancelled, say): after the commit. Only a hint: the epoch is what refuses it. */
  stopped(runId: RunId): void;
  watch(runId: RunId): Waiter;
  /** Runs of all tenants: ids alone, for a caller that asks inside its own wall which are its. */
  watchRuns(wanted?: (runId: RunId) => boolean): RunsWaiter;
  watchStop(runId: RunId): Waiter;
  watchWork(): Waiter;
  close(): void;
}

/** Opens the signals of one node. Without a listener they reach this process only. */
export async function openSignals(listener: Listener | undefined, onFault: (error: unknown) => void): Promise<Signals> {
  const emitter = new EventEmitter().setMaxListeners(0);
  const pending = new Set<RunId>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const ring = (runId: RunId): void => {
    emitter.emit(`run:${runId}`);
    emitter.emit(ANY_RUN, runId);
  };
  const send = (channel: string, payload: string): void => {
    listener?.notify(channel, payload).catch(onFault);
  };
  const flush = (): void => {
    timer = undefined;
    const ids = [...pending];
    pending.clear();
    for (let at = 0; at < ids.length; at += MOST_IDS) send(CHANNEL, ids.slice(at, at + MOST_IDS).join(','));
  };
  await listener?.listen(CHANNEL, (payload) => {
    // Empty after a reconnect: what was sent meanwhile is lost.
    if (payload === '') emitter.emit(ANY_RUN, undefined);
    else for (const id of payload.split(',')) ring(asId(id));
  });
  await listener?.listen(WORK_CHANNEL, () => emitter.emit('work'));
  await listener?.listen(STOP_CHANNEL, (runId) => emitter.emit(`stop:${runId}`));
  return {
    touched: (runId) => {
      ring(runId);
      if (closed || listener === undefined) return;
      pending.add(runId);
      timer ??= setTimeout(flush, BATCH_MS);
    },
    ready: () => {
      emitter.emit('work');
      if (!closed) send(WORK_CHANNEL, '');
    },
    stopped: (runId) => {
      emitter.emit(`stop:${runId}`);
      if (!closed) send(STOP_CHANNEL, runId);
    },
    watch: (runId) => waiterOn(emitter, `run:${runId}`),
    watchRuns: (wanted = () => true) => waiterOnRuns(emitter, wanted),
    watchStop: (runId) => waiterOn(emitter, `stop:${runId}`),
    watchWork: () => waiterOn(emitter, 'work'),
    close: () => {
      closed = true;
      clearTimeout(timer);
      timer = undefined;
      emitter.removeAllListeners();
    },
  };
}
