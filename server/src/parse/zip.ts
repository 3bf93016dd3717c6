// Reads the few named entries of a ZIP file that a reader asks for (PKWARE APPNOTE 6.3.10). Nothing else in it is inflated, no archive
// within it is opened, and what is inflated is bounded by bytes and by ratio.
import { crc32, inflateRawSync } from 'node:zlib';
import { ParseError } from './parse-error.ts';

const MOST_ENTRIES = 10_000;
const MOST_INFLATED = 48 * 1024 * 1024;
/** Office XML deflates to a tenth or a thirtieth; beyond this an entry was made to expand. */
const MOST_RATIO = 200;
const LEAST_SUSPECT = 1024 * 1024;
const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const END_BYTES = 22;
const MOST_COMMENT = 65_535;

export type ZipKind = 'file' | 'folder' | 'link' | 'special';

/** An entry that every reader of ZIP files sees in the same way. */
export interface PlainEntry {
  readonly name: string;
  readonly kind: ZipKind;
  /** As stated: `read` checks it. */
  readonly size: number;
}

interface Entry {
  readonly flags: number;
  /** Of Unix, as far as the archive says one. */
  readonly mode: number;
  readonly nameBytes: Buffer;
  readonly extra: Buffer;
  /** Bytes of its record in the directory. */
  readonly record: number;
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
    const behind = at + 46 + nameLength;
    entries.set(name, {
      flags: file.readUInt16LE(at + 8),
      mode: file.readUInt16LE(at + 40),
      nameBytes: file.subarray(at + 46, behind),
      extra: file.subarray(behind, behind + file.readUInt16LE(at + 30)),
      record: 46 + nameLength + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32),
      encrypted: (file.readUInt16LE(at + 8) & 1) === 1,
      method: file.readUInt16LE(at + 10),
      crc: file.readUInt32LE(at + 16),
      packed: file.readUInt32LE(at + 20),
      size: file.readUInt32LE(at + 24),
      offset: file.readUInt32LE(at + 42),
    });
    at = behind + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
  return entries;
}

const UTF8_NAME = 1 << 11;
const DESCRIBED_LATER = 1 << 3;
/** A second name of the same entry, which some readers believe and others do not. */
const UNICODE_PATH = 0x7075;

function kindOf(name: string, mode: number): ZipKind {
  const type = mode & 0o170000;
  if (type === 0o120000) return 'link';
  if (type !== 0 && type !== 0o100000 && type !== 0o040000) return 'special';
  return name.endsWith('/') || type === 0o040000 ? 'folder' : 'file';
}

function namesTwice(extra: Buffer): boolean {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2))
    if (extra.readUInt16LE(at) === UNICODE_PATH) return true;
  return false;
}

/** The name, where it can be read in one way only. */
function plainName({ nameBytes, flags, extra }: Entry): string {
  const ascii = nameBytes.every((byte) => byte < 0x80);
  if ((!ascii && (flags & UTF8_NAME) === 0) || namesTwice(extra)) throw broken();
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(nameBytes);
  } catch {
    throw broken();
  }
}

/** The end of an entry, header to content, after its local header was found to say what the directory says. */
function endOf(file: Buffer, entry: Entry): number {
  const { offset, packed, flags, method, nameBytes } = entry;
  if (offset + 30 > file.length || file.readUInt32LE(offset) !== LOCAL) throw broken();
  const nameLength = file.readUInt16LE(offset + 26);
  const name = file.subarray(offset + 30, offset + 30 + nameLength);
  const extra = file.subarray(offset + 30 + nameLength, offset + 30 + nameLength + file.readUInt16LE(offset + 28));
  const same =
    name.equals(nameBytes) && file.readUInt16LE(offset + 6) === flags && file.readUInt16LE(offset + 8) === method;
  const sized =
    (flags & DESCRIBED_LATER) !== 0 ||
    (file.readUInt32LE(offset + 14) === entry.crc &&
      file.readUInt32LE(offset + 18) === packed &&
      file.readUInt32LE(offset + 22) === entry.size);
  if (!same || !sized || namesTwice(extra)) throw broken();
  return offset + 30 + nameLength + extra.length + packed;
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
  #left: number;

  constructor(bytes: Uint8Array, most = MOST_INFLATED) {
    this.#left = most;
    this.#file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#entries = readDirectory(this.#file);
  }

  /**
   * Every entry, of an archive that has one reading alone: local headers and directory say the same, nothing stands before, between,
   * behind or on top of the entries. What one reader sees and another does not is how a check is passed by.
   */
  plainEntries(): PlainEntry[] {
    const end = findEnd(this.#file);
    if (end + END_BYTES !== this.#file.length) throw broken();
    let next = 0;
    const inOrder = [...this.#entries.values()].sort((one, other) => one.offset - other.offset);
    for (const entry of inOrder) {
      if (entry.offset !== next) throw broken();
      const after = endOf(this.#file, entry);
      next = after + ((entry.flags & DESCRIBED_LATER) === 0 ? 0 : this.#descriptor(after, entry));
    }
    const records = inOrder.reduce((sum, { record }) => sum + record, 0);
    // From the last entry to the end there are its records and nothing that only some readers would see.
    if (next !== this.#file.readUInt32LE(end + 16) || next + records !== end) throw broken();
    return [...this.#entries.values()].map((entry) => {
      const name = plainName(entry);
      return { name, kind: kindOf(name, entry.mode), size: entry.size };
    });
  }

  /** Bytes of the descriptor behind an entry whose sizes were not known when it was begun; its mark is optional. */
  #descriptor(at: number, { crc, packed, size }: Entry): number {
    const file = this.#file;
    for (const mark of [4, 0]) {
      if (at + mark + 12 > file.length || (mark === 4 && file.readUInt32LE(at) !== DESCRIPTOR)) continue;
      const said = [0, 4, 8].map((step) => file.readUInt32LE(at + mark + step));
      if (said[0] === crc && said[1] === packed && said[2] === size) return mark + 12;
    }
    throw broken();
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
