// One event stream a browser: the tabs of one session elect a leader by a lock, the leader holds the stream and tells the others.
// A tab believes nothing but dense `seq`: what it missed while leaders changed, it fetches by page.
import type { Client, LiveMessage } from '@sallyport/client';
import type { EventEnvelope } from '@sallyport/contracts';

export type HubState = 'connecting' | 'live' | 'reconnecting' | 'signed_out';

export interface Hub {
  /** Tells each event of the run after `seen()`, some of them perhaps twice. */
  watchRun(id: string, seen: () => number, onEvent: (event: EventEnvelope) => void): () => void;
  /** Tells the id of each run that changed. */
  watchRuns(onChange: (id: string) => void): () => void;
  state(): HubState;
  onState(tell: () => void): () => void;
  close(): void;
}

type Note =
  | ({ readonly kind: 'want'; readonly tab: string } & Wants)
  | { readonly kind: 'bye'; readonly tab: string }
  /** A new leader asks every tab what it wants. */
  | { readonly kind: 'who' }
  | { readonly kind: 'event'; readonly event: EventEnvelope }
  | { readonly kind: 'changed'; readonly id: string }
  | { readonly kind: 'state'; readonly state: HubState };

interface Wants {
  readonly runs: readonly { readonly id: string; readonly after: number }[];
  readonly all: boolean;
}

const SETTLE_MS = 30;
const AGAIN_MS = 5_000;
/** What one stream of the server follows. */
const MOST_RUNS = 50;

class Listeners<T> {
  readonly #of = new Map<string, Set<(value: T) => void>>();

  add(name: string, tell: (value: T) => void): () => void {
    const set = this.#of.get(name) ?? new Set();
    this.#of.set(name, set.add(tell));
    return () => {
      set.delete(tell);
      if (set.size === 0 && this.#of.get(name) === set) this.#of.delete(name);
    };
  }
  tell(name: string, value: T): void {
    for (const tell of this.#of.get(name) ?? []) tell(value);
  }
  has(name: string): boolean {
    return this.#of.has(name);
  }
}

/** `owner` names tenant and user: tabs of another session are strangers. */
export function createHub(api: Client, owner: string): Hub {
  const tab = crypto.randomUUID();
  const name = `sallyport.stream.${owner}`;
  const channel = new BroadcastChannel(name);
  const closing = new AbortController();
  const events = new Listeners<EventEnvelope>();
  const changes = new Listeners<string>();
  const states = new Listeners<undefined>();
  const watched = new Map<string, () => number>();
  const others = new Map<string, Wants>();
  let state: HubState = 'connecting';
  let leader: Leader | undefined;

  const own = (): Wants => ({
    runs: [...watched].map(([id, seen]) => ({ id, after: seen() })),
    all: changes.has('*'),
  });
  const hear = (note: Note): void => {
    if (note.kind === 'event') events.tell(note.event.run_id, note.event);
    else if (note.kind === 'changed') changes.tell('*', note.id);
    else if (note.kind === 'state') {
      if (note.state === state) return;
      state = note.state;
      states.tell('*', undefined);
    } else if (note.kind === 'who') say();
    else if (note.kind === 'bye') others.delete(note.tab);
    else others.set(note.tab, note);
    if (note.kind === 'want' || note.kind === 'bye') leader?.ask();
  };
  const say = (): void => {
    // A screen may leave after its session did.
    if (closing.signal.aborted) return;
    channel.postMessage({ kind: 'want', tab, ...own() } satisfies Note);
    leader?.ask();
  };
  channel.onmessage = (message: MessageEvent<Note>) => hear(message.data);
  const tellAll = (note: Note): void => {
    if (closing.signal.aborted) return;
    channel.postMessage(note);
    hear(note);
  };

  void lead(name, closing.signal, async () => {
    leader = new Leader(api, tellAll, () => mergeWants([own(), ...others.values()]), closing.signal);
    channel.postMessage({ kind: 'who' } satisfies Note);
    leader.ask();
    await leader.ended;
  });
  const goodbye = (): void => channel.postMessage({ kind: 'bye', tab } satisfies Note);
  addEventListener('pagehide', goodbye, { signal: closing.signal });
  addEventListener('pageshow', say, { signal: closing.signal });
  return {
    watchRun: (id, seen, onEvent) => {
      const stop = events.add(id, onEvent);
      watched.set(id, seen);
      say();
      return () => {
        stop();
        if (!events.has(id)) watched.delete(id);
        say();
      };
    },
    watchRuns: (onChange) => {
      const stop = changes.add('*', onChange);
      say();
      return () => {
        stop();
        say();
      };
    },
    state: () => state,
    onState: (tell) => states.add('*', tell),
    close: () => {
      if (closing.signal.aborted) return;
      goodbye();
      closing.abort();
      channel.close();
    },
  };
}

/** Runs `work` while this tab holds the lock. Without locks (an insecure context) every tab leads itself. */
async function lead(name: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  if (navigator.locks === undefined) return work();
  await navigator.locks.request(name, { signal }, work).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** The union; of a run that several want, from the first event that one of them lacks. */
function mergeWants(all: readonly Wants[]): Wants {
  const from = new Map<string, number>();
  for (const { id, after } of all.flatMap((wants) => wants.runs))
    from.set(id, Math.min(after, from.get(id) ?? Number.POSITIVE_INFINITY));
  const runs = [...from].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MOST_RUNS);
  return { runs: runs.map(([id, after]) => ({ id, after })), all: all.some((wants) => wants.all) };
}

/** Holds the stream, and opens another when what is wanted changes. */
class Leader {
  readonly ended: Promise<void>;
  readonly #api: Client;
  readonly #tell: (note: Note) => void;
  readonly #wants: () => Wants;
  readonly #closing: AbortSignal;
  /** The last `seq` told of each run: another stream goes on from there. */
  readonly #told = new Map<string, number>();
  #asked = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #current = new AbortController();

  constructor(api: Client, tell: (note: Note) => void, wants: () => Wants, closing: AbortSignal) {
    this.#api = api;
    this.#tell = tell;
    this.#wants = wants;
    this.#closing = closing;
    // A network that went leaves connections that look alive; one that came back need not be waited for.
    for (const name of ['offline', 'online']) addEventListener(name, () => this.#restart(), { signal: closing });
    this.ended = new Promise((resolve) => {
      closing.addEventListener('abort', () => {
        clearTimeout(this.#timer);
        this.#current.abort();
        resolve();
      });
    });
  }

  /** Tabs come and go in bursts: the stream changes once they have settled. */
  ask(): void {
    if (this.#closing.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#turn(), SETTLE_MS);
  }

  #restart(): void {
    if (this.#asked === '') return;
    this.#tell({ kind: 'state', state: 'reconnecting' });
    this.#asked = '';
    this.#turn();
  }

  #turn(): void {
    const wants = this.#wants();
    const asked = `${wants.runs.map(({ id }) => id).join()} ${wants.all}`;
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#current.abort();
    this.#current = new AbortController();
    if (wants.runs.length === 0 && !wants.all) return;
    void this.#hold(wants, this.#current.signal);
  }

  async #hold(wants: Wants, signal: AbortSignal): Promise<void> {
    const onState = (state: HubState): void => {
      if (!signal.aborted) this.#tell({ kind: 'state', state });
    };
    try {
      const messages = this.#api.live.follow({
        runs: wants.runs.map(({ id, after }) => ({ id, after: this.#told.get(id) ?? after })),
        all: wants.all,
        signal,
        onOpen: () => onState('live'),
        onReconnect: () => onState('reconnecting'),
      });
      for await (const message of messages) this.#pass(message);
    } catch (error) {
      if (signal.aborted) return;
      const lost = error instanceof Error && 'code' in error && error.code === 'unauthenticated';
      onState(lost ? 'signed_out' : 'reconnecting');
      if (lost) return;
      // A run that is gone, say. What is wanted may have changed by then.
      this.#asked = '';
      this.#timer = setTimeout(() => this.#turn(), AGAIN_MS);
    }
  }

  #pass(message: LiveMessage): void {
    if (message.kind === 'event') {
      this.#told.set(message.event.run_id, message.event.seq);
      this.#tell({ kind: 'event', event: message.event });
    } else this.#tell({ kind: 'changed', id: message.id });
  }
}
