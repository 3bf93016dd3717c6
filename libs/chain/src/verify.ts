// Verifies a chain without secrets and without the server: recomputes every digest from what is exported.

import { ChainError } from './chain-error.ts';
import type { ChainEnvelope } from './link.ts';
import { bodyDigest, chainHash, dataDigest } from './link.ts';

export interface ExportHeader {
  readonly tenant_id: string;
  readonly run_id: string;
  readonly last_seq: number;
  readonly head: string | null;
}

export interface ExportedEvent extends ChainEnvelope {
  readonly seq: number;
  /** Stored RFC 8785 bytes in base64; null once removed. */
  readonly data_b64: string | null;
  readonly salt_b64: string | null;
  readonly data_digest: string;
  readonly data_state: string;
  readonly prev_hash: string | null;
  readonly hash: string;
}

export type VerifyCode = 'missing' | 'sequence' | 'foreign' | 'payload' | 'previous' | 'hash' | 'head' | 'state';
export type Verdict =
  | { readonly ok: true; readonly count: number; readonly head: string | null; readonly payloadsRemoved: number }
  | { readonly ok: false; readonly seq: number; readonly code: VerifyCode; readonly detail: string };

const HEX = /^[0-9a-f]{64}$/;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function judge(
  event: ExportedEvent,
  seq: number,
  previous: string | null,
  header: ExportHeader,
): { code: VerifyCode; detail: string } | undefined {
  if (event.seq !== seq) return { code: 'sequence', detail: `seq ${event.seq} stands where ${seq} belongs` };
  if (event.tenant_id !== header.tenant_id || event.run_id !== header.run_id)
    return { code: 'foreign', detail: 'the event is of another run or tenant' };
  if (event.prev_hash !== previous)
    return { code: 'previous', detail: 'prev_hash is not the hash of the event before' };
  const bytes = event.data_b64;
  const salt = event.salt_b64;
  if ((event.data_state === 'present') !== (bytes !== null && salt !== null))
    return { code: 'state', detail: 'data_state and payload disagree' };
  if (!HEX.test(event.data_digest)) return { code: 'payload', detail: 'data_digest is not a digest' };
  if (bytes !== null && salt !== null) {
    if (hex(dataDigest(strictBase64(salt), strictBase64(bytes))) !== event.data_digest)
      return { code: 'payload', detail: 'the payload is not the one that was committed' };
  }
  const hash = chainHash(
    previous === null ? null : Buffer.from(previous, 'hex'),
    seq,
    bodyDigest(event, Buffer.from(event.data_digest, 'hex')),
  );
  return hex(hash) === event.hash ? undefined : { code: 'hash', detail: 'the envelope is not the one that was hashed' };
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
    const wrong = judge(event, seq, previous, header);
    if (wrong !== undefined) return { ok: false, seq, ...wrong };
    if (event.data_state !== 'present') payloadsRemoved++;
    previous = event.hash;
    seq++;
  }
  if (seq !== header.last_seq + 1)
    return { ok: false, seq, code: 'missing', detail: `${seq} events, the header promises ${header.last_seq + 1}` };
  if (previous !== header.head)
    return { ok: false, seq: seq - 1, code: 'head', detail: 'the last hash is not the head' };
  return { ok: true, count: seq, head: previous, payloadsRemoved };
}

const MOST_LINE = 8 * 1024 * 1024;

/** Reads an export: a header line, then one JSON event a line. Throws `ChainError('bad_export')`. */
export async function parseExport(
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<{ header: ExportHeader; events: ExportedEvent[] }> {
  let header: ExportHeader | undefined;
  const events: ExportedEvent[] = [];
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const value = parseLine(line);
    if (header !== undefined) events.push(value as unknown as ExportedEvent);
    else if (value.sallyport_export === 1) header = value as unknown as ExportHeader;
    else throw new ChainError('bad_export', 'the first line is not the header of an export');
  }
  if (header === undefined) throw new ChainError('bad_export', 'the export is empty');
  return { header, events };
}

function parseLine(line: string): Record<string, unknown> {
  if (line.length > MOST_LINE) throw new ChainError('bad_export', `a line is longer than ${MOST_LINE} characters`);
  try {
    const value: unknown = JSON.parse(line);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // falls through to the one refusal
  }
  throw new ChainError('bad_export', 'a line is not a JSON object');
}
