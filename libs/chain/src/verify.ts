// Verifies a chain without secrets and without the server: recomputes every digest from what is exported.
import { type ExportedEvent, type ExportHeader, judgeDigests, judgeEnd, judgeShape, type Verdict } from './judge.ts';
import { bodyDigest, chainHash, dataDigest } from './link.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function digestsOf(event: ExportedEvent): { dataDigest: string | undefined; hash: string } {
  const { data_b64: bytes, salt_b64: salt, prev_hash: previous } = event;
  const body = bodyDigest(event, Buffer.from(event.data_digest, 'hex'));
  return {
    dataDigest: bytes === null || salt === null ? undefined : hex(dataDigest(strictBase64(salt), strictBase64(bytes))),
    hash: hex(chainHash(previous === null ? null : Buffer.from(previous, 'hex'), event.seq, body)),
  };
}

/** Base64 whose text is the one spelling of its bytes; anything else yields bytes that match no digest. */
function strictBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : Buffer.from(`\0not base64\0${text}`);
}

/** Walks the whole export. `ok` only when every event, the count and the head agree. */
export async function verifyChain(source: {
  header: ExportHeader;
  events: AsyncIterable<ExportedEvent> | Iterable<ExportedEvent>;
}): Promise<Verdict> {
  const { header } = source;
  let seq = 0;
  let previous: string | null = null;
  let payloadsRemoved = 0;
  for await (const event of source.events) {
    const wrong = judgeShape(event, seq, previous, header) ?? judgeDigests(event, digestsOf(event));
    if (wrong !== undefined) return { ok: false, seq, ...wrong };
    if (event.data_state !== 'present') payloadsRemoved++;
    previous = event.hash;
    seq++;
  }
  return judgeEnd(header, { count: seq, head: previous, payloadsRemoved });
}
