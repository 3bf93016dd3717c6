// What makes an exported event right, apart from the hash function: Node.js and browsers judge by these lines alone.
import type { ChainEnvelope } from './hashed-text.ts';

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
export interface Wrong {
  readonly code: VerifyCode;
  readonly detail: string;
}

const HEX = /^[0-9a-f]{64}$/;

/** Everything that needs no digest. After it, `prev_hash` is the hash before and `data_digest` reads as one. */
export function judgeShape(
  event: ExportedEvent,
  seq: number,
  previous: string | null,
  header: ExportHeader,
): Wrong | undefined {
  if (event.seq !== seq) return { code: 'sequence', detail: `seq ${event.seq} stands where ${seq} belongs` };
  if (event.tenant_id !== header.tenant_id || event.run_id !== header.run_id)
    return { code: 'foreign', detail: 'the event is of another run or tenant' };
  if (event.prev_hash !== previous)
    return { code: 'previous', detail: 'prev_hash is not the hash of the event before' };
  if ((event.data_state === 'present') !== (event.data_b64 !== null && event.salt_b64 !== null))
    return { code: 'state', detail: 'data_state and payload disagree' };
  if (!HEX.test(event.data_digest)) return { code: 'payload', detail: 'data_digest is not a digest' };
  return undefined;
}

/** `dataDigest` is undefined for a payload that was removed. */
export function judgeDigests(
  event: ExportedEvent,
  computed: { dataDigest: string | undefined; hash: string },
): Wrong | undefined {
  if (computed.dataDigest !== undefined && computed.dataDigest !== event.data_digest)
    return { code: 'payload', detail: 'the payload is not the one that was committed' };
  if (computed.hash !== event.hash) return { code: 'hash', detail: 'the envelope is not the one that was hashed' };
  return undefined;
}

/** After the last event: the count and the head that the header promises. */
export function judgeEnd(
  header: ExportHeader,
  read: { count: number; head: string | null; payloadsRemoved: number },
): Verdict {
  const { count, head } = read;
  if (count !== header.last_seq + 1)
    return {
      ok: false,
      seq: count,
      code: 'missing',
      detail: `${count} events, the header promises ${header.last_seq + 1}`,
    };
  if (head !== header.head) return { ok: false, seq: count - 1, code: 'head', detail: 'the last hash is not the head' };
  return { ok: true, ...read };
}
