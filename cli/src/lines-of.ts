// Lines of a byte stream, each bounded: a file without a line break is refused before it fills the memory.
import { Stop } from './exit-status.ts';

const MOST_LINE = 8 * 1024 * 1024;

export async function* linesOf(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of source) {
    const lines = (rest + decode(decoder, chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MOST_LINE) throw new Stop('data', `a line is longer than ${MOST_LINE} characters: no export`);
    yield* lines;
  }
  rest += decode(decoder);
  if (rest !== '') yield rest;
}

function decode(decoder: InstanceType<typeof TextDecoder>, chunk?: Uint8Array | string): string {
  if (typeof chunk === 'string') return chunk;
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw new Stop('data', 'the bytes are not UTF-8: no export');
  }
}
