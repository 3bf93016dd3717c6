// The worker thread: decodes bytes from outside and reads them. Its death is a failed parse, never a worker's.
import { parentPort } from 'node:worker_threads';
import type { ParseJob, ReadableDocument } from './parse.ts';
import { countWords, readHtml } from './read-html.ts';

const MOST_BYTES = 10 * 1024 * 1024;

function charsetOf(job: ParseJob): string {
  const [a, b, c] = job.bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  const stated = /charset\s*=\s*"?([\w-]{1,40})/i.exec(job.contentType)?.[1];
  if (stated !== undefined) return stated;
  const head = new TextDecoder('latin1').decode(job.bytes.subarray(0, 1024));
  return /<meta[^>]{0,200}charset\s*=\s*["']?([\w-]{1,40})/i.exec(head)?.[1] ?? 'utf-8';
}

function decode(job: ParseJob): { text: string; charset: string } {
  const bytes = job.bytes.subarray(0, MOST_BYTES);
  const charset = charsetOf(job).toLowerCase();
  try {
    return { text: new TextDecoder(charset).decode(bytes), charset };
  } catch {
    return { text: new TextDecoder('utf-8').decode(bytes), charset: 'utf-8' };
  }
}

function readText(text: string): Omit<ReadableDocument, 'charset'> {
  const heading =
    /^\s{0,3}#{1,6}\s+(.{1,1000})$/m.exec(text.slice(0, 100_000))?.[1] ??
    text
      .slice(0, 10_000)
      .split('\n')
      .find((line) => line.trim() !== '') ??
    '';
  const urls = new Set(
    [...text.slice(0, 500_000).matchAll(/https?:\/\/[^\s<>()\]"'`]{1,2000}/g)].map((match) =>
      match[0].replace(/[.,;:!?]+$/, ''),
    ),
  );
  return {
    title: heading.trim().slice(0, 1_000),
    byline: null,
    lang: null,
    markdown: text.slice(0, 1024 * 1024),
    links: [...urls].slice(0, 500).map((url) => ({ text: '', url })),
    wordCount: countWords(text),
    mode: 'text',
    truncated: text.length > 1024 * 1024,
  };
}

parentPort?.on('message', (job: ParseJob) => {
  const { text, charset } = decode(job);
  const result = job.html ? readHtml(text, job.url) : readText(text);
  parentPort?.postMessage({ ...result, charset });
});
