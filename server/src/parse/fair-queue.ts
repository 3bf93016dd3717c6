// A bounded queue that serves its keys in turn: who sends a hundred documents waits for his own, not the others.

export interface QueueLimits {
  readonly most: number;
  readonly mostOfKey: number;
  readonly mostBytes: number;
}

interface Entry<T> {
  readonly value: T;
  readonly bytes: number;
}

export class FairQueue<T> {
  /** Insertion order is the turn: a key that was served goes to the end. */
  readonly #waiting = new Map<string, Entry<T>[]>();
  readonly #limits: QueueLimits;
  #count = 0;
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#count;
  }

  /** False when the queue, or the key's share of it, is full. */
  add(key: string, value: T, bytes: number): boolean {
    const { most, mostOfKey, mostBytes } = this.#limits;
    const own = this.#waiting.get(key) ?? [];
    if (this.#count >= most || own.length >= mostOfKey || this.#bytes + bytes > mostBytes) return false;
    own.push({ value, bytes });
    this.#waiting.set(key, own);
    this.#count++;
    this.#bytes += bytes;
    return true;
  }

  /** The next of the key with the fewest at work; among equals, of the one that waits longest for its turn. */
  take(running: (key: string) => number): { key: string; value: T } | undefined {
    let best: string | undefined;
    for (const key of this.#waiting.keys()) if (best === undefined || running(key) < running(best)) best = key;
    if (best === undefined) return undefined;
    const own = this.#waiting.get(best) ?? [];
    const entry = own.shift();
    this.#waiting.delete(best);
    if (own.length > 0) this.#waiting.set(best, own);
    if (entry === undefined) return undefined;
    this.#count--;
    this.#bytes -= entry.bytes;
    return { key: best, value: entry.value };
  }

  drain(): T[] {
    const all = [...this.#waiting.values()].flat().map((entry) => entry.value);
    this.#waiting.clear();
    this.#count = 0;
    this.#bytes = 0;
    return all;
  }
}
