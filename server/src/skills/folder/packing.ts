// The one form in which a folder is kept: the very bytes that its digest is made of.
import { digestFolder } from '@sallyport/compat';
import { fault } from '../../errors.ts';
import { MOST_BYTES, MOST_FILES, type SkillFile } from './path-rules.ts';

function prefixed(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bytes.length));
  return Buffer.concat([length, bytes]);
}

/** Paths in the order of the digest, each path and each content behind its length in eight bytes. */
export function packFolder(files: readonly SkillFile[]): { readonly packed: Uint8Array; readonly digest: string } {
  const sorted = [...files].sort((one, other) => (one.path < other.path ? -1 : 1));
  const packed = Buffer.concat(
    sorted.flatMap(({ path, bytes }) => [prefixed(Buffer.from(path, 'utf8')), prefixed(bytes)]),
  );
  return { packed, digest: digestFolder(sorted) };
}

/** Throws `tampered` when the bytes are not the folder of this digest. */
export function unpackFolder(packed: Uint8Array, digest: string): SkillFile[] {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = at + 8 > bytes.length ? -1 : Number(bytes.readBigUInt64BE(at));
    if (length < 0 || length > MOST_BYTES || at + 8 + length > bytes.length || parts.length > 2 * MOST_FILES)
      throw fault('tampered', { detail: 'a stored folder of a skill is broken' });
    parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  const files: SkillFile[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2)
    files.push({ path: parts[at]?.toString('utf8') ?? '', bytes: parts[at + 1] ?? new Uint8Array() });
  if (parts.length % 2 !== 0 || digestFolder(files) !== digest)
    throw fault('tampered', { detail: 'a stored folder of a skill is not what its digest says' });
  return files;
}
