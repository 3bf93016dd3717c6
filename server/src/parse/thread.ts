// The worker thread: judges the bytes, decodes and reads them. Its death is a failed parse, never a worker's.
import { parentPort } from 'node:worker_threads';
import { decodeText } from './charset.ts';
import type { ReadableDocument } from './document.ts';
import { raiseFence } from './fence.ts';
import type { ParseAnswer, ParseTask } from './job.ts';
import { MOST_FILE_BYTES, MOST_TEXT_BYTES } from './limits.ts';
import { assertAgreement } from './media-type.ts';
import { ParseError } from './parse-error.ts';
import type { ReadText } from './read-text.ts';

const fence = raiseFence();

/** Readers are loaded when first needed: behind the fence, and a thread of pages never pays for PDF. */
async function readFile(task: ParseTask): Promise<ReadableDocument> {
  if (task.bytes.length > MOST_FILE_BYTES) throw new ParseError('document_too_large', 'the file is too large');
  if (task.kind === 'docx') return (await import('./docx/read-docx.ts')).readDocx(task.bytes);
  return (await import('./read-pdf.ts')).readPdf(task.bytes, performance.now() + task.budgetMs);
}

async function readText(task: ParseTask): Promise<ReadableDocument> {
  const cut = task.bytes.length > MOST_TEXT_BYTES;
  const bytes = task.bytes.subarray(0, MOST_TEXT_BYTES);
  const { text, charset } = decodeText(bytes, task.contentType, task.kind !== 'text');
  const finish = (read: ReadText): ReadableDocument => ({
    ...read,
    truncated: read.truncated || cut,
    charset,
    pages: null,
  });
  const early = (plain: ReadText): void => parentPort?.postMessage({ early: finish(plain) } satisfies ParseAnswer);
  const read =
    task.kind === 'html'
      ? (await import('./html/read-html.ts')).readHtml(text, task.url, early)
      : task.kind === 'feed'
        ? (await import('./html/read-feed.ts')).readFeed(text, task.url)
        : (await import('./read-text.ts')).readPlainText(text);
  return finish(read);
}

async function answer(task: ParseTask): Promise<ParseAnswer> {
  fence.start();
  try {
    assertAgreement(task.kind, task.bytes, task.contentType);
    const file = task.kind === 'pdf' || task.kind === 'docx';
    const document = await (file ? readFile(task) : readText(task));
    if (fence.tripped()) throw new ParseError('document_too_large', 'the document expands beyond its limit');
    return { document };
  } catch (error) {
    if (fence.tripped()) return { code: 'document_too_large', detail: 'the document expands beyond its limit' };
    if (error instanceof ParseError) return { code: error.code, detail: error.message };
    // A stack overflow or a library's own fault: its text may quote the document, so it goes no further.
    return { code: 'parse_failed', detail: 'the document could not be read' };
  }
}

parentPort?.on('message', (task: ParseTask) => {
  void answer(task).then((result) => parentPort?.postMessage(result));
});
