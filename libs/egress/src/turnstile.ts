// How many calls are under way at once, in all and to one host; the rest wait in a queue with an end (R17).
import type { Deadline } from './deadline.ts';
import { EgressError } from './egress-error.ts';
import type { Rules } from './rules.ts';

interface Waiter {
  readonly host: string;
  readonly enter: () => void;
}

export class Turnstile {
  readonly #pace: Rules['pace'];
  readonly #hosts = new Map<string, number>();
  readonly #queue: Waiter[] = [];
  #active = 0;

  constructor(pace: Rules['pace']) {
    this.#pace = pace;
  }

  get active(): number {
    return this.#active;
  }
  get queued(): number {
    return this.#queue.length;
  }

  /** Answers with the way out, to be used once. Throws `busy`, or what ended the call while it waited. */
  async enter(host: string, deadline: Deadline, hop: number): Promise<() => void> {
    if (!this.#hasRoom(host)) await this.#wait(host, deadline, hop);
    else this.#count(host, 1);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#count(host, -1);
      this.#admit();
    };
  }

  #hasRoom(host: string): boolean {
    return this.#active < this.#pace.concurrency && (this.#hosts.get(host) ?? 0) < this.#pace.perHost;
  }

  #count(host: string, by: 1 | -1): void {
    this.#active += by;
    const now = (this.#hosts.get(host) ?? 0) + by;
    if (now === 0) this.#hosts.delete(host);
    else this.#hosts.set(host, now);
  }

  #wait(host: string, deadline: Deadline, hop: number): Promise<void> {
    if (this.#queue.length >= this.#pace.queue) throw new EgressError('busy', 'too many calls wait', hop);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = {
      host,
      enter: () => {
        leave();
        resolve();
      },
    };
    this.#queue.push(waiter);
    const leave = deadline.watch((error) => {
      const at = this.#queue.indexOf(waiter);
      if (at !== -1) this.#queue.splice(at, 1);
      reject(error);
    });
    return promise;
  }

  /** In order of arrival, past those whose host has no room. */
  #admit(): void {
    for (let at = 0; at < this.#queue.length && this.#active < this.#pace.concurrency; ) {
      const waiter = this.#queue[at];
      if (waiter === undefined || !this.#hasRoom(waiter.host)) {
        at++;
        continue;
      }
      this.#queue.splice(at, 1);
      this.#count(waiter.host, 1);
      waiter.enter();
    }
  }
}
