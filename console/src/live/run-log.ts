// The log of one run as this tab knows it: dense envelopes, a bounded number of bodies, and no guess about what is missing.
import type { Client } from '@sallyport/client';
import type { EventEnvelope } from '@sallyport/contracts';

export type Row = Omit<EventEnvelope, 'data'>;
export interface Body {
  readonly data: unknown;
}

const PAGE = 500;
const MOST_BODIES = 2_000;
/** Flushed to the screen at most four times a second. */
const FLUSH_MS = 250;
const MOST_BODY_PAGE = 100;

export class RunLog {
  readonly runId: string;
  readonly #api: Client;
  readonly #rows: Row[] = [];
  readonly #bodies = new Map<number, Body>();
  readonly #wanted = new Set<number>();
  readonly #told = new Set<() => void>();
  readonly #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #filling: Promise<void> | undefined;
  #again = false;
  #version = 0;
  #shown: readonly Row[] = [];
  #error: unknown;

  constructor(api: Client, runId: string) {
    this.#api = api;
    this.runId = runId;
  }

  /** A new array whenever something was added: what React compares. */
  rows = (): readonly Row[] => this.#shown;
  version = (): number => this.#version;
  seen = (): number => this.#rows.length - 1;
  error = (): unknown => this.#error;
  subscribe = (tell: () => void): (() => void) => {
    this.#told.add(tell);
    return () => this.#told.delete(tell);
  };

  body(seq: number): Body | undefined {
    return this.#bodies.get(seq);
  }

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  /** An event of the stream. What does not follow the last one is fetched by page, and so is what lies between. */
  accept(event: EventEnvelope): void {
    if (event.seq < this.#rows.length) return;
    if (event.seq > this.#rows.length || this.#filling !== undefined) {
      void this.fill();
      return;
    }
    this.#push(event);
    this.#keep(event.seq, event.data);
    this.#flushSoon();
  }

  /** Reads pages until the end of the log. Calls that come meanwhile make it look once more. */
  fill(): Promise<void> {
    this.#again = true;
    this.#filling ??= this.#fillAll().finally(() => {
      this.#filling = undefined;
      this.#flushSoon();
      // Asked after the last look and before this line.
      if (this.#again && this.#error === undefined && !this.#stop.signal.aborted) void this.fill();
    });
    return this.#filling;
  }

  async #fillAll(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        for (;;) {
          const after = this.#rows.length - 1;
          const page = await this.#api.runs.envelopes(this.runId, { after, limit: PAGE, signal: this.#stop.signal });
          for (const event of page) if (event.seq === this.#rows.length) this.#push(event);
          this.#flushSoon();
          if (page.length < PAGE) break;
        }
      }
      this.#error = undefined;
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#error = error;
    }
  }

  #push(event: Row & { readonly data?: unknown }): void {
    const { data: _data, ...row } = event;
    this.#rows.push(row);
  }

  /** Loads the bodies of rows that are in view, by few requests: neighbours come in one page. */
  want(from: number, to: number): void {
    for (let first = from; first <= to; first++) {
      if (this.#bodies.has(first) || this.#wanted.has(first)) continue;
      let last = first;
      while (last < to && last - first < MOST_BODY_PAGE - 1 && !this.#bodies.has(last + 1)) last++;
      void this.#load(first, last);
      first = last;
    }
  }

  async #load(first: number, last: number): Promise<void> {
    const asked = Array.from({ length: last - first + 1 }, (_, at) => first + at);
    for (const seq of asked) this.#wanted.add(seq);
    try {
      const query = { after: first - 1, limit: asked.length, signal: this.#stop.signal };
      for (const event of await this.#api.runs.events(this.runId, query)) this.#keep(event.seq, event.data);
    } catch {
      // The row stays without its body and asks again when it is next in view.
    } finally {
      for (const seq of asked) this.#wanted.delete(seq);
      this.#flushSoon();
    }
  }

  #keep(seq: number, data: unknown): void {
    this.#bodies.delete(seq);
    this.#bodies.set(seq, { data });
    for (const [oldest] of this.#bodies) {
      if (this.#bodies.size <= MOST_BODIES) break;
      this.#bodies.delete(oldest);
    }
  }

  #flushSoon(): void {
    if (this.#stop.signal.aborted) return;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#version++;
        if (this.#shown.length !== this.#rows.length) this.#shown = [...this.#rows];
        for (const tell of this.#told) tell();
      },
      this.#shown.length === 0 ? 0 : FLUSH_MS,
    );
  }
}
