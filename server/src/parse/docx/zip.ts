// Reads the few named entries of a ZIP file that a reader asks for (PKWARE APPNOTE 6.3.10). Nothing else in it is inflated, no archive
// within it is opened, and what is inflated is bounded by bytes and by ratio.
import { crc32, inflateRawSync } from 'node:zlib';
import { ParseError } from '../parse-error.ts';

const MOST_ENTRIES = 10_000;
const MOST_INFLATED = 48 * 1024 * 1024;
/** Office XML deflates to a tenth or a thirtieth; beyond this an entry was made to expand. */
const MOST_RATIO = 200;
const LEAST_SUSPECT = 1024 * 1024;
const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const MOST_COMMENT = 65_535;

interface Entry {
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

const broken = (): ParseError => new ParseError('document_broken', 'the document is no whole archive');
const tooLarge = (): ParseError => new ParseError('document_too_large', 'the document expands beyond its limit');

function findEnd(file: Buffer): number {
  const lowest = Math.max(0, file.length - END_BYTES - MOST_COMMENT);
  for (let at = file.length - END_BYTES; at >= lowest; at--)
    if (file.readUInt32LE(at) === END && at + END_BYTES + file.readUInt16LE(at + 20) === file.length) return at;
  throw broken();
}

function readDirectory(file: Buffer): Map<string, Entry> {
  const end = findEnd(file);
  const count = file.readUInt16LE(end + 10);
  let at = file.readUInt32LE(end + 16);
  const spread = file.readUInt16LE(end + 4) !== 0 || count !== file.readUInt16LE(end + 8);
  // 0xffff and 0xffffffff mean ZIP64: a document within our limits of size has no need of it.
  if (spread || count === 0xffff || at === 0xffffffff) throw broken();
  if (count > MOST_ENTRIES) throw tooLarge();
  const entries = new Map<string, Entry>();
  for (let index = 0; index < count; index++) {
    if (at + 46 > end || file.readUInt32LE(at) !== CENTRAL) throw broken();
    const nameLength = file.readUInt16LE(at + 28);
    const name = file.toString('utf8', at + 46, at + 46 + nameLength);
    // Two entries of one name are read differently by different readers: that is how a check is passed by.
    if (entries.has(name)) throw broken();
    entries.set(name, {
      encrypted: (file.readUInt16LE(at + 8) & 1) === 1,
      method: file.readUInt16LE(at + 10),
      crc: file.readUInt32LE(at + 16),
      packed: file.readUInt32LE(at + 20),
      size: file.readUInt32LE(at + 24),
      offset: file.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
  return entries;
}

function inflate(packed: Buffer, most: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: most });
  } catch (error) {
    throw (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge() : broken();
  }
}

export class ZipFile {
  readonly #file: Buffer;
  readonly #entries: Map<string, Entry>;
  #left = MOST_INFLATED;

  constructor(bytes: Uint8Array) {
    this.#file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#entries = readDirectory(this.#file);
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** The bytes of an entry, checked against its size and CRC-32; undefined when there is none. */
  read(name: string): Uint8Array | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    if (entry.encrypted) throw new ParseError('document_encrypted', 'the document is encrypted');
    // The stated size is the archive's word; the bound on the inflater below is ours.
    if (entry.size > this.#left) throw tooLarge();
    const content = this.#unpack(entry);
    if (content.length > LEAST_SUSPECT && content.length > MOST_RATIO * entry.packed) throw tooLarge();
    if (content.length !== entry.size || crc32(content) !== entry.crc) throw broken();
    this.#left -= content.length;
    return content;
  }

  #unpack(entry: Entry): Buffer {
    const { offset, packed, method } = entry;
    if (offset + 30 > this.#file.length || this.#file.readUInt32LE(offset) !== LOCAL) throw broken();
    const from = offset + 30 + this.#file.readUInt16LE(offset + 26) + this.#file.readUInt16LE(offset + 28);
    if (from + packed > this.#file.length) throw broken();
    const bytes = this.#file.subarray(from, from + packed);
    if (method === 0) return bytes;
    if (method === 8) return inflate(bytes, Math.max(1, this.#left));
    throw broken();
  }
}
