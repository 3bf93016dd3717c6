// Reads a body with bounds: wire bytes, decoded bytes, their ratio, and two codings at most (R15).
import { PassThrough, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { EgressError } from './egress-error.ts';

const RATIO = 100;
const RATIO_FROM = 1024 * 1024;

function decoder(coding: string): Transform {
  if (coding === 'gzip' || coding === 'x-gzip') return createGunzip();
  if (coding === 'br') return createBrotliDecompress();
  if (coding === 'deflate') return createInflate();
  if (coding === 'zstd') return createZstdDecompress();
  if (coding === 'identity') return new PassThrough();
  throw new EgressError('encoding', 'an unknown content coding');
}

/** The decoded bytes, at most `maxBytes` of them on the wire and off it. Throws `EgressError`. */
export async function readBody(
  source: Readable,
  encoding: string | undefined,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const codings = (encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '');
  if (codings.length > 2) {
    source.destroy();
    throw new EgressError('encoding', 'more than two content codings');
  }
  let wire = 0;
  let stream: Readable = source;
  const stages = codings.reverse().map(decoder);
  for (const stage of stages) stream = pass(stream, stage);
  source.on('data', (chunk: Uint8Array) => {
    wire += chunk.length;
    if (wire > maxBytes) source.destroy(new EgressError('too-large', `more than ${maxBytes} bytes on the wire`));
  });
  const abort = (): void => void source.destroy(new EgressError('timeout', 'the deadline passed in the body'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  const chunks: Uint8Array[] = [];
  let decoded = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      decoded += chunk.length;
      if (decoded > maxBytes) throw new EgressError('too-large', `more than ${maxBytes} decoded bytes`);
      if (stages.length > 0 && decoded > RATIO_FROM && decoded > wire * RATIO)
        throw new EgressError('ratio', `decodes to more than ${RATIO} times its size`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, decoded);
  } catch (error) {
    if (error instanceof EgressError) throw error;
    const silent = error instanceof Error && 'code' in error && error.code === 'UND_ERR_BODY_TIMEOUT';
    const code = signal.aborted || silent ? 'timeout' : 'encoding';
    throw new EgressError(code, 'the body broke off or does not decode', 0, error);
  } finally {
    signal.removeEventListener('abort', abort);
    source.destroy();
    for (const stage of stages) stage.destroy();
  }
}

function pass(from: Readable, to: Transform): Transform {
  from.on('error', (error) => to.destroy(error));
  return from.pipe(to);
}
