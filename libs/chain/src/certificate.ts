// Signatures of deletion certificates: Ed25519 (RFC 8032) over the canonical JSON of everything but the signature.
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { canonicalize } from './canonical.ts';
import { ChainError } from './chain-error.ts';

export interface CertificateSignature {
  readonly algorithm: 'Ed25519';
  /** 32 bytes, base64url. */
  readonly public_key: string;
  /** 64 bytes, base64url. */
  readonly value: string;
}

export type CertificateVerdict =
  | {
      readonly ok: true;
      readonly tenantId: string;
      /** SHA-256 of the public key, hex: to be compared with what the operator made known. */
      readonly fingerprint: string;
      readonly stores: number;
      readonly found: number;
    }
  | { readonly ok: false; readonly code: 'signature' | 'remaining'; readonly detail: string };

/** RFC 8410: the frames around a bare key. */
const PRIVATE_FRAME = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_FRAME = Buffer.from('302a300506032b6570032100', 'hex');

function signedBytes(body: object): Buffer {
  return Buffer.from(`sallyport.certificate.v1\0${canonicalize(body)}`, 'utf8');
}

/** Signs with the key of a seed of 32 bytes. */
export function signCertificate(body: object, seed: Uint8Array): CertificateSignature {
  const key = createPrivateKey({ key: Buffer.concat([PRIVATE_FRAME, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    algorithm: 'Ed25519',
    public_key: spki.subarray(PUBLIC_FRAME.length).toString('base64url'),
    value: sign(null, signedBytes(body), key).toString('base64url'),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Verifies a certificate offline. Throws `ChainError('bad_export')` for what is none. The key is the certificate's own: compare its fingerprint. */
export function verifyCertificate(text: string): CertificateVerdict {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (
    !isObject(value) ||
    value.sallyport_certificate !== 1 ||
    !isObject(value.signature) ||
    !Array.isArray(value.stores)
  )
    throw new ChainError('bad_export', 'this is no certificate of a deletion');
  const { signature, ...body } = value;
  const publicKey = Buffer.from(String(signature.public_key), 'base64url');
  const mark = Buffer.from(String(signature.value), 'base64url');
  if (signature.algorithm !== 'Ed25519' || publicKey.length !== 32 || mark.length !== 64)
    return { ok: false, code: 'signature', detail: 'the signature is not an Ed25519 signature' };
  const key = createPublicKey({ key: Buffer.concat([PUBLIC_FRAME, publicKey]), format: 'der', type: 'spki' });
  if (!verify(null, signedBytes(body), key, mark))
    return { ok: false, code: 'signature', detail: 'the certificate is not the one that was signed' };
  const stores = value.stores.filter(isObject);
  const left = stores.find((store) => store.remaining !== 0);
  if (left !== undefined) return { ok: false, code: 'remaining', detail: `${String(left.name)} was not empty` };
  return {
    ok: true,
    tenantId: String(value.tenant_id),
    fingerprint: createHash('sha256').update(publicKey).digest('hex'),
    stores: stores.length,
    found: stores.reduce((sum, store) => sum + Number(store.found), 0),
  };
}
