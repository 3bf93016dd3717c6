// The bytes of a raw body, bounded while they come.
import { fault } from '../../errors.ts';

/** Throws `too_large` as soon as more than `most` bytes have come, or are announced. */
export async function readBody(
  content: AsyncIterable<Uint8Array>,
  announced: string | undefined,
  most: number,
): Promise<Uint8Array> {
  if (announced !== undefined && Number(announced) > most) throw fault('too_large');
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > most) throw fault('too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
