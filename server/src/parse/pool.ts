// The pool of parser threads: one job a thread, each under a wall clock and a watch on its memory; idle threads are given back.
import { Worker } from 'node:worker_threads';
import type { ReadableDocument } from './document.ts';
import { FairQueue } from './fair-queue.ts';
import { type ParseJob, runJob } from './job.ts';
import { ParseError } from './parse-error.ts';

export interface PoolOptions {
  readonly threads?: number;
  readonly timeoutMs?: number;
  /** An idle thread ends after this, and its memory with it. */
  readonly idleMs?: number;
  /** Bytes of one thread outside the heap that `resourceLimits` counts. */
  readonly mostExternalBytes?: number;
}

export interface PoolLoad {
  readonly threads: number;
  readonly running: number;
  readonly waiting: number;
}

interface Waiting {
  readonly job: ParseJob;
  readonly resolve: (document: ReadableDocument) => void;
  readonly reject: (error: ParseError) => void;
}

const QUEUE = { most: 128, mostOfKey: 32, mostBytes: 256 * 1024 * 1024 };
const HEAP = { maxOldGenerationSizeMb: 384, maxYoungGenerationSizeMb: 64, stackSizeMb: 8 };
/** A thread that read this many documents is replaced: libraries keep caches. */
const MOST_JOBS = 200;
class ThreadPool {
  readonly #options: Required<PoolOptions>;
  readonly #queue = new FairQueue<Waiting>(QUEUE);
  readonly #threads = new Set<Worker>();
  readonly #idle = new Map<Worker, NodeJS.Timeout>();
  readonly #jobs = new WeakMap<Worker, number>();
  readonly #running = new Map<string, number>();
  #closed = false;

  constructor(options: Required<PoolOptions>) {
    this.#options = options;
  }

  load(): PoolLoad {
    return {
      threads: this.#threads.size,
      running: [...this.#running.values()].reduce((sum, count) => sum + count, 0),
      waiting: this.#queue.size,
    };
  }

  run(job: ParseJob, key: string): Promise<ReadableDocument> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new ParseError('parse_failed', 'the parser is closed'));
      if (!this.#queue.add(key, { job, resolve, reject }, job.bytes.length))
        return reject(new ParseError('parse_busy', 'too many documents are waiting'));
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#queue.drain()) waiting.reject(new ParseError('parse_failed', 'the parser was closed'));
    for (const timer of this.#idle.values()) clearTimeout(timer);
    this.#idle.clear();
    await Promise.all([...this.#threads].map((thread) => thread.terminate()));
  }

  #next(): void {
    while (!this.#closed && (this.#idle.size > 0 || this.#threads.size < this.#options.threads)) {
      const taken = this.#queue.take((key) => this.#running.get(key) ?? 0);
      if (taken === undefined) return;
      this.#count(taken.key, 1);
      void this.#start(this.#wake() ?? this.#spawn(), taken.value, taken.key);
    }
  }

  #count(key: string, by: number): void {
    const running = (this.#running.get(key) ?? 0) + by;
    if (running > 0) this.#running.set(key, running);
    else this.#running.delete(key);
  }

  #wake(): Worker | undefined {
    for (const [thread, timer] of this.#idle) {
      clearTimeout(timer);
      this.#idle.delete(thread);
      return thread;
    }
    return undefined;
  }

  async #start(thread: Worker, { job, resolve, reject }: Waiting, key: string): Promise<void> {
    thread.ref();
    const { answer, sound } = await runJob(thread, job, this.#options, () => this.#closed);
    this.#count(key, -1);
    if (answer instanceof ParseError) reject(answer);
    else resolve(answer);
    this.#release(thread, sound);
  }

  #release(thread: Worker, sound: boolean): void {
    const jobs = (this.#jobs.get(thread) ?? 0) + 1;
    this.#jobs.set(thread, jobs);
    if (this.#closed || !sound || jobs >= MOST_JOBS) {
      this.#retire(thread);
      return;
    }
    thread.unref();
    const timer = setTimeout(() => this.#retire(thread), this.#options.idleMs).unref();
    this.#idle.set(thread, timer);
    this.#next();
  }

  /** The place is free when the thread is gone, so that two threads' memory never stands in one place. */
  #retire(thread: Worker): void {
    this.#idle.delete(thread);
    void thread.terminate().finally(() => this.#next());
  }

  #spawn(): Worker {
    const thread = new Worker(new URL('./thread.ts', import.meta.url), {
      resourceLimits: HEAP,
      stdout: true,
      stderr: true,
      env: {},
    });
    this.#threads.add(thread);
    // Drained and dropped: what a library prints may quote the document.
    thread.stdout.resume();
    thread.stderr.resume();
    // An idle thread that dies is no unhandled error; `#start` watches the ones at work.
    thread.on('error', () => undefined);
    thread.once('exit', () => {
      clearTimeout(this.#idle.get(thread));
      this.#idle.delete(thread);
      this.#threads.delete(thread);
    });
    return thread;
  }
}

export function createPool(options: PoolOptions): Pick<ThreadPool, 'run' | 'load' | 'close'> {
  const pool = new ThreadPool({
    threads: 2,
    timeoutMs: 10_000,
    idleMs: 30_000,
    mostExternalBytes: 512 * 1024 * 1024,
    ...options,
  });
  return { run: pool.run.bind(pool), load: pool.load.bind(pool), close: pool.close.bind(pool) };
}
