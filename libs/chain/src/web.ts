// The verifier for browsers, on WebCrypto: same judgement, same hashed bytes, another hash function. Needs no Node.js module.
import {
  type AuditHeader,
  type AuditPlace,
  type AuditVerdict,
  auditText,
  judgeAudit,
  judgeAuditEnd,
  type SealedRecord,
} from './audit-record.ts';
import { ChainError } from './chain-error.ts';
import { bodyText, chainBytes, DATA_PREFIX } from './hashed-text.ts';
import { type ExportedEvent, judgeDigests, judgeEnd, judgeShape, type Verdict } from './judge.ts';
import { parseEvent, parseHeader, parseLine, readAuditHeader } from './read-export.ts';

export type { AuditVerdict } from './audit-record.ts';
export { ChainError } from './chain-error.ts';
export type { Verdict, VerifyCode } from './judge.ts';

const encoder = new TextEncoder();
const PREFIX = encoder.encode(DATA_PREFIX);

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function unhex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(at * 2, at * 2 + 2), 16));
}

/** Base64 whose text is the one spelling of its bytes; anything else yields bytes that match no digest. */
function strictBase64(text: string): Uint8Array {
  try {
    const binary = atob(text);
    if (btoa(binary) === text) return Uint8Array.from(binary, (char) => char.charCodeAt(0));
  } catch {
    // Not base64 at all: the same refusal.
  }
  return encoder.encode(`\0not base64\0${text}`);
}

async function digestsOf(event: ExportedEvent): Promise<{ dataDigest: string | undefined; hash: string }> {
  const { data_b64: bytes, salt_b64: salt, prev_hash: previous } = event;
  const body = await sha256(encoder.encode(bodyText(event, event.data_digest)));
  const data =
    bytes === null || salt === null
      ? undefined
      : hex(await sha256(join(PREFIX, strictBase64(salt), strictBase64(bytes))));
  return {
    dataDigest: data,
    hash: hex(await sha256(chainBytes(previous === null ? null : unhex(previous), event.seq, body))),
  };
}

/**
 * Verifies the lines of an export as they arrive, holding one at a time.
 *
 * @param onEvent awaited after each good event; the place to show progress and to let others run.
 * @throws ChainError `bad_export` for a line that is no line of an export.
 * @example
 * const verdict = await verifyExport(client.runs.export(runId));
 * if (!verdict.ok) show(verdict.seq, verdict.detail);
 */
export async function verifyExport(
  lines: AsyncIterable<string> | Iterable<string>,
  onEvent?: (seq: number) => Promise<void> | void,
): Promise<Verdict> {
  let header: ReturnType<typeof parseHeader> | undefined;
  let seq = 0;
  let previous: string | null = null;
  let payloadsRemoved = 0;
  for await (const line of lines) {
    if (line.trim() === '') continue;
    if (header === undefined) {
      header = parseHeader(line);
      continue;
    }
    const event = parseEvent(line);
    const wrong = judgeShape(event, seq, previous, header) ?? judgeDigests(event, await digestsOf(event));
    if (wrong !== undefined) return { ok: false, seq, ...wrong };
    if (event.data_state !== 'present') payloadsRemoved++;
    previous = event.hash;
    await onEvent?.(seq);
    seq++;
  }
  if (header === undefined) throw new ChainError('bad_export', 'the export is empty');
  return judgeEnd(header, { count: seq, head: previous, payloadsRemoved });
}

async function auditHashOf(record: SealedRecord, { previous, seq }: AuditPlace): Promise<string> {
  let text: string;
  try {
    text = auditText(record);
  } catch {
    // Not the shape of a record, so none that was ever hashed: a hash that equals nothing.
    return '';
  }
  const digest = await sha256(encoder.encode(text));
  return hex(await sha256(chainBytes(previous === null ? null : unhex(previous), seq, digest)));
}

/**
 * Verifies the lines of an export of the audit chain as they arrive, holding one at a time.
 *
 * @param onRecord awaited after each good record.
 * @throws ChainError `bad_export` for a line that is no line of an export.
 * @example
 * const verdict = await verifyAuditExport(client.audit.export());
 */
export async function verifyAuditExport(
  lines: AsyncIterable<string> | Iterable<string>,
  onRecord?: (seq: number) => Promise<void> | void,
): Promise<AuditVerdict> {
  let header: AuditHeader | undefined;
  let place: AuditPlace = { seq: 0, previous: null, latest: Number.NEGATIVE_INFINITY };
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const value = parseLine(line);
    if (header === undefined) {
      header = readAuditHeader(value);
      continue;
    }
    const record = value as unknown as SealedRecord;
    const wrong = judgeAudit(record, header, place, await auditHashOf(record, place));
    if (wrong !== undefined) return wrong;
    await onRecord?.(place.seq);
    place = { seq: place.seq + 1, previous: record.hash, latest: Math.max(place.latest, Date.parse(record.time)) };
  }
  if (header === undefined) throw new ChainError('bad_export', 'the export is empty');
  return judgeAuditEnd(header, place);
}
