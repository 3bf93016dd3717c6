// Reads a backup from end to end and believes nothing of it: every digest, the place of every member, and the count of everything.
import { BackupError } from './backup-error.ts';
import {
  END,
  type End,
  HEAD,
  type Head,
  KEYS,
  MASTER,
  parseEnd,
  parseHead,
  parseKeys,
  parseSeal,
  placeOf,
  SEAL,
  type Seal,
  type SealedKeys,
  TABLE_PART,
} from './contents.ts';
import { type Member, readArchive, textOf } from './read-archive.ts';

export interface Checked {
  readonly head: Head;
  readonly end: End;
  readonly seal: Seal;
  readonly keys: SealedKeys;
  /** By version, when the backup holds them. */
  readonly masterSecrets: ReadonlyMap<number, Uint8Array> | undefined;
}

export interface BackupParts {
  /** Once, before everything else. */
  head?(head: Head): Promise<void> | void;
  /** The parts of one table follow one another. */
  table?(name: string, part: Member): Promise<void>;
  blob?(place: { readonly tenantId: string; readonly blobId: string }, member: Member): Promise<void>;
}

/** Reads all of it; what `parts` are given is proven when this returns, and not before. Throws `BackupError`. */
export async function readBackup(file: string, parts: BackupParts = {}): Promise<Checked> {
  const found: { -readonly [K in keyof Checked]?: Checked[K] } = {};
  const tables = createOrder();
  let blobs = 0;
  const members = readArchive(file, HEAD, SEAL, (text, digest) => {
    const seal = parseSeal(text);
    if (seal.digest !== digest) throw new BackupError('backup_damaged', 'the seal is not that of these lists');
    found.seal = seal;
  });
  for await (const member of members) {
    const { name } = member;
    const place = placeOf(name);
    const table = TABLE_PART.exec(name)?.[1];
    if (name === HEAD) {
      found.head = parseHead(await textOf(member));
      await parts.head?.(found.head);
    } else if (table !== undefined && found.head !== undefined) {
      tables.take(table, found.head);
      await parts.table?.(table, member);
    } else if (place !== undefined) {
      blobs++;
      await parts.blob?.(place, member);
    } else if (name === KEYS) found.keys = parseKeys(await textOf(member));
    else if (name === MASTER) found.masterSecrets = parseMaster(await textOf(member));
    else if (name === END) found.end = parseEnd(await textOf(member));
    else throw new BackupError('backup_damaged', `the backup holds ${name}, which no backup holds`);
  }
  const { head, end, seal, keys } = found;
  if (head === undefined || end === undefined || seal === undefined || keys === undefined || blobs !== end.blobs)
    throw new BackupError('backup_damaged', 'the backup does not hold what it says');
  return { head, end, seal, keys, masterSecrets: found.masterSecrets };
}

/** Each table once, in the order that the head says, so that what refers to another comes after it. */
function createOrder(): { take(table: string, head: Head): void } {
  let at = -1;
  return {
    take: (table, head) => {
      const next = head.tables.findIndex(({ name }) => name === table);
      if (next < at || next === -1) throw new BackupError('backup_damaged', `the table ${table} stands where none may`);
      at = next;
    },
  };
}

function parseMaster(text: string): ReadonlyMap<number, Uint8Array> {
  const value: unknown = JSON.parse(text);
  const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
  if (entries.length === 0 || !entries.every(([version, key]) => /^[1-9]\d*$/.test(version) && isKey(key)))
    throw new BackupError('backup_damaged', 'the master key of the backup is not what it should be');
  return new Map(entries.map(([version, key]) => [Number(version), Buffer.from(String(key), 'hex')]));
}

function isKey(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
