// One link of a chain over salted commitments: the payload may be removed later and the chain still stands.
import { createHash } from 'node:crypto';
import { bodyText, type ChainEnvelope, chainBytes, DATA_PREFIX } from './hashed-text.ts';

export interface Link {
  readonly dataDigest: Uint8Array;
  readonly bodyDigest: Uint8Array;
  readonly hash: Uint8Array;
}

/** SHA-256("sallyport.data.v1\0" ‖ salt ‖ bytes): a commitment that the salt opens. */
export function dataDigest(salt: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(DATA_PREFIX).update(salt).update(bytes).digest();
}

/** SHA-256("sallyport.event.v1\0" ‖ JCS of the envelope with `data_digest` in lower-case hex). */
export function bodyDigest(envelope: ChainEnvelope, digest: Uint8Array): Uint8Array {
  return createHash('sha256')
    .update(bodyText(envelope, Buffer.from(digest).toString('hex')), 'utf8')
    .digest();
}

/** SHA-256(0x01 ‖ prev ‖ seq as 8 bytes, big-endian ‖ body digest); prev of seq 0 is 32 zero bytes. */
export function chainHash(prev: Uint8Array | null, seq: number, body: Uint8Array): Uint8Array {
  return createHash('sha256')
    .update(chainBytes(prev, seq, body))
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
