// One link of a chain over salted commitments: the payload may be removed later and the chain still stands.
import { createHash } from 'node:crypto';
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

export interface Link {
  readonly dataDigest: Uint8Array;
  readonly bodyDigest: Uint8Array;
  readonly hash: Uint8Array;
}

/** SHA-256("sallyport.data.v1\0" ‖ salt ‖ bytes): a commitment that the salt opens. */
export function dataDigest(salt: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update('sallyport.data.v1\0').update(salt).update(bytes).digest();
}

/** SHA-256("sallyport.event.v1\0" ‖ JCS of the envelope with `data_digest` in lower-case hex). */
export function bodyDigest(envelope: ChainEnvelope, digest: Uint8Array): Uint8Array {
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
    data_digest: Buffer.from(digest).toString('hex'),
  };
  return createHash('sha256').update('sallyport.event.v1\0').update(canonicalize(body), 'utf8').digest();
}

/** SHA-256(0x01 ‖ prev ‖ seq as 8 bytes, big-endian ‖ body digest); prev of seq 0 is 32 zero bytes. */
export function chainHash(prev: Uint8Array | null, seq: number, body: Uint8Array): Uint8Array {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(seq));
  return createHash('sha256')
    .update(Uint8Array.of(1))
    .update(prev ?? Buffer.alloc(32))
    .update(number)
    .update(body)
    .digest();
}

/** Links one event to the chain that ends in `prev`. */
export function appendLink(input: {
  prev: Uint8Array | null;
  seq: number;
  envelope: ChainEnvelope;
  salt: Uint8Array;
  bytes: Uint8Array;
}): Link {
  const digest = dataDigest(input.salt, input.bytes);
  const body = bodyDigest(input.envelope, digest);
  return { dataDigest: digest, bodyDigest: body, hash: chainHash(input.prev, input.seq, body) };
}
