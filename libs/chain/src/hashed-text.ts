// What a link hashes, as text and bytes that every runtime builds alike: Node.js and browsers differ in the hash function alone.
import { canonicalize } from './canonical.ts';

/** The envelope that is hashed: without data, seq, prev_hash, hash and body_digest. */
export interface ChainEnvelope {
  readonly id: string;
  readonly tenant_id: string;
  readonly run_id: string;
  readonly type: string;
  readonly version: number;
  readonly time: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly ext?: unknown;
  readonly fallback?: unknown;
}

export const DATA_PREFIX = 'sallyport.data.v1\0';

/** "sallyport.event.v1\0" ‖ JCS of the envelope with `data_digest` in lower-case hex. */
export function bodyText(envelope: ChainEnvelope, dataDigestHex: string): string {
  const { id, tenant_id, run_id, type, version, time, actor, ext, fallback } = envelope;
  const body = {
    id,
    tenant_id,
    run_id,
    type,
    version,
    time,
    actor: { kind: actor.kind, id: actor.id },
    ...(ext === undefined ? {} : { ext }),
    ...(fallback === undefined ? {} : { fallback }),
    data_digest: dataDigestHex,
  };
  return `sallyport.event.v1\0${canonicalize(body)}`;
}

/** 0x01 ‖ prev ‖ seq as 8 bytes, big-endian ‖ body digest; prev of seq 0 is 32 zero bytes. */
export function chainBytes(prev: Uint8Array | null, seq: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(1 + 32 + 8 + body.length);
  bytes[0] = 1;
  if (prev !== null) bytes.set(prev, 1);
  new DataView(bytes.buffer).setBigUint64(33, BigInt(seq));
  bytes.set(body, 41);
  return bytes;
}
