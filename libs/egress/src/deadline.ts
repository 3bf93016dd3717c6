// One wall-clock deadline over all hops of a call, the caller's own signal, and the end of the guard: whichever comes first.
import { EgressError } from './egress-error.ts';

export class Deadline {
  #ended: EgressError | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #watchers = new Set<(error: EgressError) => void>();
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;
  readonly #onClear: (deadline: Deadline) => void;

  constructor(milliseconds: number, signal: AbortSignal | undefined, onClear: (deadline: Deadline) => void) {
    this.#signal = signal;
    this.#onClear = onClear;
    this.#onAbort = () => this.end(new EgressError('timeout', 'the caller gave up', 0, signal?.reason));
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (Number.isFinite(milliseconds))
      this.#timer = setTimeout(() => this.end(new EgressError('timeout', 'the deadline passed')), milliseconds);
  }

  /** Throws when the time is over. */
  check(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  /** Calls back once when the time is over, at once when it is; answers with the way to leave. */
  watch(onEnd: (error: EgressError) => void): () => void {
    if (this.#ended !== undefined) onEnd(this.#ended);
    else this.#watchers.add(onEnd);
    return () => void this.#watchers.delete(onEnd);
  }

  end(error: EgressError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    const watchers = [...this.#watchers];
    this.clear();
    for (const onEnd of watchers) onEnd(error);
  }

  /** The call is over: no timer and no listener stays behind. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#watchers.clear();
    this.#onClear(this);
  }
}
