// Owns the reading of bytes from outside (HTML, Markdown, text) in a pool of worker threads with limits.
// Promises that a hostile page costs at most one thread and the wall-clock limit; the caller's event loop never parses.
// Must never fetch anything that a document names.
import { Worker } from 'node:worker_threads';

export interface ReadableDocument {
  readonly title: string;
  readonly byline: string | null;
  readonly lang: string | null;
  readonly markdown: string;
  /** Absolute http and https URLs, deduplicated, at most 500. */
  readonly links: readonly { readonly text: string; readonly url: string }[];
  readonly wordCount: number;
  readonly mode: 'readable' | 'text';
  readonly truncated: boolean;
  readonly charset: string;
}

export interface ParseJob {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly html: boolean;
  readonly url: string | undefined;
}

export type ParseErrorCode = 'parse_timeout' | 'parse_failed' | 'unsupported_media_type' | 'parse_busy';

export class ParseError extends Error {
  override readonly name = 'ParseError';
  readonly code: ParseErrorCode;
  constructor(code: ParseErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

export interface DocumentParser {
  /** Throws `ParseError`. */
  read(input: {
    readonly bytes: Uint8Array;
    readonly contentType: string;
    readonly url?: string;
  }): Promise<ReadableDocument>;
  close(): Promise<void>;
}

const MOST_QUEUED = 64;
const HTML: ReadonlySet<string> = new Set(['text/html', 'application/xhtml+xml']);
const TEXT: ReadonlySet<string> = new Set([
  'text/plain',
  'text/markdown',
  'text/csv',
  'application/json',
  'text/x-markdown',
]);

interface Waiting {
  readonly job: ParseJob;
  readonly resolve: (document: ReadableDocument) => void;
  readonly reject: (error: ParseError) => void;
}

export function createParser(options: { readonly threads?: number; readonly timeoutMs?: number } = {}): DocumentParser {
  const { threads = 1, timeoutMs = 10_000 } = options;
  const idle: Worker[] = [];
  const busy = new Set<Worker>();
  const queue: Waiting[] = [];

  const next = (): void => {
    if (queue.length === 0 || busy.size >= threads) return;
    const waiting = queue.shift();
    if (waiting !== undefined) run(idle.pop() ?? spawn(), waiting);
  };
  const run = (worker: Worker, waiting: Waiting): void => {
    busy.add(worker);
    worker.ref();
    const settle = (answer: ReadableDocument | ParseError): void => {
      clearTimeout(timer);
      worker.off('message', settle).off('error', failed).off('exit', ended);
      busy.delete(worker);
      if (answer instanceof ParseError) {
        void worker.terminate();
        waiting.reject(answer);
      } else {
        worker.unref();
        idle.push(worker);
        waiting.resolve(answer);
      }
      next();
    };
    const timer = setTimeout(
      () => settle(new ParseError('parse_timeout', `not read within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const failed = (): void => settle(new ParseError('parse_failed', 'the document could not be read'));
    const ended = (): void => settle(new ParseError('parse_failed', 'the document ended its parser'));
    worker.once('message', settle).once('error', failed).once('exit', ended);
    worker.postMessage(waiting.job, [waiting.job.bytes.buffer as ArrayBuffer]);
  };
  return {
    read: (input) =>
      new Promise((resolve, reject) => {
        const type = input.contentType.split(';')[0]?.trim().toLowerCase() ?? '';
        if (!HTML.has(type) && !TEXT.has(type))
          return reject(
            new ParseError('unsupported_media_type', `documents of type ${type.slice(0, 60)} cannot be read`),
          );
        if (queue.length >= MOST_QUEUED) return reject(new ParseError('parse_busy', 'too many documents are waiting'));
        const job = {
          bytes: Uint8Array.from(input.bytes),
          contentType: input.contentType,
          html: HTML.has(type),
          url: input.url,
        };
        queue.push({ job, resolve, reject });
        next();
      }),
    close: async () => {
      for (const waiting of queue.splice(0)) waiting.reject(new ParseError('parse_failed', 'the parser was closed'));
      await Promise.all([...idle, ...busy].map((worker) => worker.terminate()));
    },
  };
}

function spawn(): Worker {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64, stackSizeMb: 8 },
    stdout: true,
    stderr: true,
    env: {},
  });
  // An idle thread that dies is no unhandled error; `run` watches the ones at work.
  worker.on('error', () => undefined);
  return worker;
}
