// AES-256-GCM in one frame, keys derived by purpose, and the context that binds a ciphertext to its place.
// Frame: version (1 byte), nonce (12, random), ciphertext, tag (16).
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

const VERSION = 1;
const NONCE = 12;
const TAG = 16;
export const FRAME_BYTES = 1 + NONCE + TAG;
export const KEY_BYTES = 32;

/** Each part with its length before it, so that no two lists of parts have the same bytes. */
export function bind(...parts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part as Uint8Array);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

export function sealFrame(key: KeyObject, context: Uint8Array, plain: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
  cipher.setAAD(context);
  const head = Buffer.alloc(1 + NONCE);
  head[0] = VERSION;
  nonce.copy(head, 1);
  return Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined for anything that is not what `sealFrame` made with this key and this context. */
export function openFrame(key: KeyObject, context: Uint8Array, frame: Uint8Array): Buffer | undefined {
  if (frame.length < FRAME_BYTES || frame[0] !== VERSION) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, frame.subarray(1, 1 + NONCE), { authTagLength: TAG });
  decipher.setAAD(context);
  decipher.setAuthTag(frame.subarray(frame.length - TAG));
  try {
    return Buffer.concat([decipher.update(frame.subarray(1 + NONCE, frame.length - TAG)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** HKDF-SHA-256 (RFC 5869): a key for one purpose, which tells nothing of the key for another. */
export function deriveKey(secret: Uint8Array, salt: Uint8Array | string, purpose: string): KeyObject {
  const derived = hkdfSync('sha256', secret, salt, `sallyport.vault.v1/${purpose}`, KEY_BYTES);
  return createSecretKey(Buffer.from(derived));
}

export function keyedDigest(key: KeyObject, value: Uint8Array): Buffer {
  return createHmac('sha256', key).update(value).digest();
}
