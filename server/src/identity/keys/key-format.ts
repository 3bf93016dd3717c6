// The text form of a key (AK1): sp_<env>_<key id>_<secret><checksum>, matched by ^sp_(live|test|op)_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}$.
// Base62 has no separators that look alike; the CRC32 checksum (ISO 3309) lets garbage be refused without any I/O.
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

export type KeyEnv = 'live' | 'test' | 'op';

export interface ParsedKey {
  readonly env: KeyEnv;
  readonly keyId: string;
  readonly secret: string;
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const FORMAT = /^sp_(live|test|op)_([0-9A-Za-z]{22})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;
/** 22 characters hold 130 bits, 43 hold 256. */
const KEY_ID_LENGTH = 22;
const SECRET_LENGTH = 43;

/** Uniform base62 text: bytes of 248 and above are drawn again, so that no character is likelier than another. */
export function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62];
    }
  }
  return text;
}

function checksum(body: string): string {
  let value = crc32(body);
  let text = '';
  for (let at = 0; at < 6; at++) {
    text = (ALPHABET[value % 62] ?? '') + text;
    value = Math.floor(value / 62);
  }
  return text;
}

export function generateKey(env: KeyEnv): { readonly text: string; readonly keyId: string; readonly secret: string } {
  const keyId = randomBase62(KEY_ID_LENGTH);
  const secret = randomBase62(SECRET_LENGTH);
  const body = `sp_${env}_${keyId}_${secret}`;
  return { text: body + checksum(body), keyId, secret };
}

/** Parses a key and checks its checksum; undefined for anything else. Touches no database. */
export function parseKey(text: string): ParsedKey | undefined {
  if (text.length > 100) return undefined;
  const match = FORMAT.exec(text);
  if (match === null) return undefined;
  const [, env, keyId, secret, sum] = match;
  if (env === undefined || keyId === undefined || secret === undefined) return undefined;
  if (checksum(text.slice(0, -6)) !== sum) return undefined;
  return { env: env as KeyEnv, keyId, secret };
}
