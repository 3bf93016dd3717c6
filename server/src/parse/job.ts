// One document at one thread: under a wall clock, under a watch on the thread's memory, and with the words that arrive early kept.
import type { Worker } from 'node:worker_threads';
import type { ReadableDocument } from './document.ts';
import type { DocumentKind } from './media-type.ts';
import { ParseError, type ParseErrorCode } from './parse-error.ts';

export interface ParseJob {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly kind: DocumentKind;
  readonly url: string | undefined;
}

/** `budgetMs` is what is left for reading: a long honest document answers with what was read by then. */
export type ParseTask = ParseJob & { readonly budgetMs: number };
export type ParseAnswer =
  | { readonly document: ReadableDocument }
  /** What the document is worth if its thread does not come back. */
  | { readonly early: ReadableDocument }
  | { readonly code: ParseErrorCode; readonly detail: string };

export interface JobLimits {
  readonly timeoutMs: number;
  readonly mostExternalBytes: number;
}

export interface Outcome {
  readonly answer: ReadableDocument | ParseError;
  /** Whether the thread may read another document. */
  readonly sound: boolean;
}

const WATCH_MS = 200;
const BUDGET_SHARE = 0.6;
/** Refusals that leave a thread as it was; after any other failure its state and memory are not trusted. */
const HARMLESS: ReadonlySet<ParseErrorCode> = new Set(['media_type_mismatch', 'document_encrypted', 'document_broken']);

/** Interrupts the thread even inside a loop; one that has just ended cannot answer. */
function externalBytes(thread: Worker): Promise<number> {
  return thread.getHeapStatistics().then(
    (statistics) => statistics.external_memory,
    () => 0,
  );
}

/** Settles once, whatever the thread does; never rejects. */
export function runJob(thread: Worker, job: ParseJob, limits: JobLimits, isClosed: () => boolean): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const { timeoutMs, mostExternalBytes } = limits;
  const budgetMs = Math.round(timeoutMs * BUDGET_SHARE);
  let early: ReadableDocument | undefined;
  const settle = (answer: ReadableDocument | ParseError, sound: boolean): void => {
    clearTimeout(clock);
    clearTimeout(budget);
    clearInterval(watch);
    thread.off('message', hear).off('error', failed).off('exit', ended);
    resolve({ answer, sound });
  };
  const fail = (code: ParseErrorCode, detail: string): void => {
    const kept = isClosed() ? undefined : early;
    settle(kept ?? new ParseError(code, detail), HARMLESS.has(code));
  };
  const hear = (answer: ParseAnswer): void => {
    if ('early' in answer) early = answer.early;
    else if ('code' in answer) fail(answer.code, answer.detail);
    else settle(answer.document, true);
  };
  const tooLarge = (): void => fail('document_too_large', 'the document needs more memory than it may have');
  const failed = (error: Error & { code?: string }): void =>
    error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge() : fail('parse_failed', 'the document could not be read');
  const ended = (): void => fail('parse_failed', isClosed() ? 'the parser was closed' : 'the parser ended');
  const late = (): void => fail('parse_timeout', `not read within ${timeoutMs} ms`);
  const clock = setTimeout(late, timeoutMs);
  // Words at hand are worth more than a wait for their structure.
  const budget = setTimeout(() => early !== undefined && late(), budgetMs);
  const watch = setInterval(() => {
    void externalBytes(thread).then((bytes) => bytes > mostExternalBytes && tooLarge());
  }, WATCH_MS);
  thread.on('message', hear).once('error', failed).once('exit', ended);
  // The only copy: the caller's bytes stay whole, the copy is moved into the thread.
  const bytes = new Uint8Array(job.bytes);
  const task: ParseTask = { ...job, bytes, budgetMs };
  thread.postMessage(task, [bytes.buffer]);
  return promise;
}
