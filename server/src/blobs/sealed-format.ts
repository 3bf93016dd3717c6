// How a sealed blob lies: a header, chunks of AES-256-GCM, an end record. One data key a blob, wrapped under the key of its tenant (AR7).
//
//   header   magic 'SPB1', algorithm (1 byte), chunk size as a power of two (1), key id (36), wrapped data key (61)
//   chunk    ciphertext (the chunk size; the last one less), tag (16)
//   end      tag (16) over the number of chunks and the bytes of the whole
//
// A chunk's number is in its nonce, so that none can change places; the end record is the last mark and binds number and total, so
// that a blob cut short at a chunk is told from a whole one. The data key is used for one blob, so no nonce is ever used twice.
import {
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type DecipherGCM,
  type KeyObject,
} from 'node:crypto';
import { fault } from '../errors.ts';
import type { ByteRange, ByteSource } from './backend.ts';

const MAGIC = Buffer.from('SPB1');
const AES_256_GCM = 1;
const KEY_ID = 36;
const WRAPPED = 61;
const TAG = 16;
const PREFIX = MAGIC.length + 2 + KEY_ID;
export const HEADER_BYTES = PREFIX + WRAPPED;
export const END_BYTES = TAG;
const CHUNK_POWER = 18;
const LEAST_POWER = 16;
const MOST_POWER = 20;

const CHUNK_RECORD = 0;
const END_RECORD = 1;

/** One blob's key and the bytes that every record of it is bound to. */
export interface BlobSeal {
  readonly key: KeyObject;
  readonly context: Uint8Array;
  readonly chunkBytes: number;
}

export interface Extent {
  readonly chunks: number;
  readonly bytes: number;
}

/** The part of the header that names algorithm and key; the data key is wrapped for it. */
export function headerPrefix(keyId: string, power = CHUNK_POWER): Buffer {
  return Buffer.concat([MAGIC, Buffer.from([AES_256_GCM, power]), Buffer.from(keyId.padEnd(KEY_ID), 'latin1')]);
}

export interface Header {
  readonly prefix: Buffer;
  readonly keyId: string;
  readonly wrapped: Buffer;
  readonly chunkBytes: number;
}

export function readHeader(bytes: Buffer): Header {
  const power = bytes[MAGIC.length + 1] ?? 0;
  const known = bytes.subarray(0, MAGIC.length).equals(MAGIC) && bytes[MAGIC.length] === AES_256_GCM;
  if (bytes.length !== HEADER_BYTES || !known || power < LEAST_POWER || power > MOST_POWER)
    throw fault('tampered', { detail: 'a blob has no header of ours' });
  const prefix = bytes.subarray(0, PREFIX);
  const keyId = prefix.subarray(MAGIC.length + 2).toString('latin1');
  return { prefix, keyId, wrapped: bytes.subarray(PREFIX), chunkBytes: 2 ** power };
}

export function sealOf(key: Uint8Array, context: Uint8Array, chunkBytes = 2 ** CHUNK_POWER): BlobSeal {
  return { key: createSecretKey(key), context, chunkBytes };
}

function nonce(kind: number, number: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes[3] = kind;
  bytes.writeBigUInt64BE(BigInt(number), 4);
  return bytes;
}

function begin(seal: BlobSeal, kind: number, number: number, more: Uint8Array = new Uint8Array()): CipherGCM {
  const cipher = createCipheriv('aes-256-gcm', seal.key, nonce(kind, number), { authTagLength: TAG });
  cipher.setAAD(more.length === 0 ? seal.context : Buffer.concat([seal.context, more]));
  return cipher;
}

/** Seals a stream as it comes, without holding a chunk of it. */
export async function* sealChunks(seal: BlobSeal, source: ByteSource): AsyncGenerator<Uint8Array> {
  let chunks = 0;
  let bytes = 0;
  let room = 0;
  let cipher: CipherGCM | undefined;
  for await (const piece of source) {
    for (let at = 0; at < piece.length; ) {
      if (cipher === undefined) {
        cipher = begin(seal, CHUNK_RECORD, chunks++);
        room = seal.chunkBytes;
      }
      const part = piece.subarray(at, at + room);
      yield cipher.update(part);
      at += part.length;
      bytes += part.length;
      room -= part.length;
      if (room > 0) continue;
      cipher.final();
      yield cipher.getAuthTag();
      cipher = undefined;
    }
  }
  if (cipher !== undefined) {
    cipher.final();
    yield cipher.getAuthTag();
  }
  yield endRecord(seal, { chunks, bytes });
}

function totalOf(bytes: number): Buffer {
  const total = Buffer.alloc(8);
  total.writeBigUInt64BE(BigInt(bytes));
  return total;
}

function endRecord(seal: BlobSeal, { chunks, bytes }: Extent): Buffer {
  const cipher = begin(seal, END_RECORD, chunks, totalOf(bytes));
  cipher.final();
  return cipher.getAuthTag();
}

/** What a sealed blob of this size must hold; undefined for a size that none has. */
export function extentOf(size: number, chunkBytes: number): Extent | undefined {
  const body = size - HEADER_BYTES - END_BYTES;
  if (body < 0) return undefined;
  const chunks = Math.ceil(body / (chunkBytes + TAG));
  const bytes = body - chunks * TAG;
  return bytes < 0 || (chunks > 0 && bytes <= (chunks - 1) * chunkBytes) ? undefined : { chunks, bytes };
}

/** Throws `tampered` unless the blob ends where it was ended. */
export function demandEnd(seal: BlobSeal, extent: Extent, record: Buffer): void {
  const context = Buffer.concat([seal.context, totalOf(extent.bytes)]);
  const decipher = decipherOf(seal, END_RECORD, extent.chunks, context);
  demandTag(decipher, record, 'a blob does not end where it was ended');
}

/** Where chunks `first` to `end` (exclusive) lie. */
export function chunkRange(size: number, chunkBytes: number, first: number, end: number): ByteRange {
  const at = (chunk: number): number => Math.min(HEADER_BYTES + chunk * (chunkBytes + TAG), size - END_BYTES);
  return { start: at(first), end: at(end) };
}

/** One chunk while its bytes come in: what was decrypted of it is held back until its tag was checked. */
class OpeningChunk {
  readonly #decipher: DecipherGCM;
  readonly #tag = Buffer.alloc(TAG);
  readonly #plain: Buffer[] = [];
  #body: number;
  #tagged = 0;

  constructor(seal: BlobSeal, number: number, bytes: number) {
    this.#decipher = decipherOf(seal, CHUNK_RECORD, number, seal.context);
    this.#body = bytes;
  }

  /** Takes what belongs to this chunk and answers how much that was. */
  take(piece: Uint8Array): number {
    const body = piece.subarray(0, this.#body);
    if (body.length > 0) this.#plain.push(this.#decipher.update(body));
    this.#body -= body.length;
    const tag = piece.subarray(body.length, body.length + TAG - this.#tagged);
    this.#tag.set(tag, this.#tagged);
    this.#tagged += tag.length;
    return body.length + tag.length;
  }
  get whole(): boolean {
    return this.#tagged === TAG;
  }
  open(): readonly Buffer[] {
    demandTag(this.#decipher, this.#tag, 'a chunk of a blob does not open');
    return this.#plain;
  }
}

/** Opens chunks `first` to `end` (exclusive) of a blob; nothing is passed on before its tag was checked. */
export async function* openChunks(
  seal: BlobSeal,
  extent: Extent,
  { first, end }: { readonly first: number; readonly end: number },
  source: ByteSource,
): AsyncGenerator<Buffer> {
  let number = first;
  let chunk: OpeningChunk | undefined;
  for await (const piece of source) {
    for (let at = 0; at < piece.length; ) {
      chunk ??= new OpeningChunk(seal, number, Math.min(seal.chunkBytes, extent.bytes - number * seal.chunkBytes));
      at += chunk.take(piece.subarray(at));
      if (!chunk.whole) continue;
      yield* chunk.open();
      chunk = undefined;
      number += 1;
    }
  }
  if (number !== end) throw fault('tampered', { detail: 'chunks of a blob are missing' });
}

function decipherOf(seal: BlobSeal, kind: number, number: number, context: Uint8Array): DecipherGCM {
  const decipher = createDecipheriv('aes-256-gcm', seal.key, nonce(kind, number), { authTagLength: TAG });
  decipher.setAAD(context);
  return decipher;
}

function demandTag(decipher: DecipherGCM, tag: Uint8Array, detail: string): void {
  try {
    decipher.setAuthTag(tag);
    decipher.final();
  } catch {
    throw fault('tampered', { detail });
  }
}
