// What a backup says of itself: at its beginning what it was made of, at its end what is in it, and behind that the seal.
import type { AppliedMigration, BlobPlace, Sequence, TableShape } from '../db/db.ts';
import { isUuid } from '../ids.ts';
import { BackupError } from './backup-error.ts';

export const FORMAT = 1;
export const HEAD = 'sallyport.json';
export const END = 'end.json';
export const KEYS = 'keys.json';
export const MASTER = 'master-key.json';
export const SEAL = 'seal.json';
export const tablePart = (table: string, number: number): string =>
  `tables/${table}/${String(number).padStart(6, '0')}.copy`;
export const TABLE_PART = /^tables\/([a-z_]+\.[a-z_0-9]+)\/\d{6,}\.copy$/;
export const blobName = ({ tenantId, blobId }: BlobPlace): string => `blobs/${tenantId}/${blobId}`;
const BLOB = /^blobs\/([^/]+)\/([^/]+)$/;

export interface Head {
  readonly sallyport_backup: number;
  readonly made_at: string;
  readonly release: string;
  readonly tenants: number;
  readonly migrations: readonly AppliedMigration[];
  readonly master_keys: readonly { readonly version: number; readonly fingerprint: string }[];
  readonly tables: readonly TableShape[];
  /** `here`, or the bucket in which they stay. */
  readonly blobs: string;
  /** For people. */
  readonly holds: readonly string[];
  readonly lacks: readonly string[];
}

export interface End {
  readonly rows: Readonly<Record<string, number>>;
  readonly sequences: readonly Sequence[];
  readonly blobs: number;
  readonly blob_bytes: number;
  /** Deleted, with their rows, while the backup was made. */
  readonly gone: readonly BlobPlace[];
  /** Bytes that a row counts on and that were not there. */
  readonly missing: number;
}

export interface Seal {
  /** SHA-256 over all lists of digests. */
  readonly digest: string;
  readonly master_version: number;
  /** The digest, wrapped by the master key: who cannot wrap cannot alter a backup unseen. */
  readonly wrapped: string;
}

export interface SealedKeys {
  readonly master_version: number;
  readonly wrapped: string;
}

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

const text = (value: unknown): boolean => typeof value === 'string' && value.length < 10_000;
const count = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const hex = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]*$/.test(value);
const list = (of: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(of);
const shaped = (shape: Shape) => (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === Object.keys(shape).length &&
  Object.entries(shape).every(
    ([name, is]) => Object.hasOwn(value, name) && is((value as Record<string, unknown>)[name]),
  );
const place = shaped({
  tenantId: (value) => typeof value === 'string' && isUuid(value),
  blobId: (value) => typeof value === 'string' && isUuid(value),
});

const HEAD_SHAPE: Shape = {
  sallyport_backup: count,
  made_at: text,
  release: text,
  tenants: count,
  migrations: list(
    shaped({ version: count, name: text, sha256: hex, release: (value) => value === null || text(value) }),
  ),
  master_keys: list(shaped({ version: count, fingerprint: hex })),
  tables: list(shaped({ name: text, columns: list(text) })),
  blobs: text,
  holds: list(text),
  lacks: list(text),
};
const END_SHAPE: Shape = {
  rows: (value) => typeof value === 'object' && value !== null && Object.values(value).every(count),
  sequences: list(
    shaped({ name: text, last: (value) => /^\d{1,19}$/.test(String(value)), called: (v) => typeof v === 'boolean' }),
  ),
  blobs: count,
  blob_bytes: count,
  gone: list(place),
  missing: count,
};
const SEAL_SHAPE: Shape = { digest: hex, master_version: count, wrapped: hex };
const KEYS_SHAPE: Shape = { master_version: count, wrapped: hex };

function parse<T>(name: string, source: string, shape: Shape): T {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (cause) {
    throw new BackupError('backup_damaged', `${name} of the backup is no JSON`, cause);
  }
  if (!shaped(shape)(value)) throw new BackupError('backup_damaged', `${name} of the backup is not what it should be`);
  return value as T;
}

/** Throws `backup_newer` for a form that this release does not know. */
export function parseHead(source: string): Head {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    value = undefined;
  }
  const form = typeof value === 'object' && value !== null ? Reflect.get(value, 'sallyport_backup') : undefined;
  if (typeof form === 'number' && form > FORMAT)
    throw new BackupError('backup_newer', `the backup has form ${form}; this release knows form ${FORMAT}`);
  return parse(HEAD, source, HEAD_SHAPE);
}
export const parseEnd = (source: string): End => parse(END, source, END_SHAPE);
export const parseSeal = (source: string): Seal => parse(SEAL, source, SEAL_SHAPE);
export const parseKeys = (source: string): SealedKeys => parse(KEYS, source, KEYS_SHAPE);

/** Which blob a member holds, or undefined. */
export function placeOf(name: string): BlobPlace | undefined {
  const [, tenantId = '', blobId = ''] = BLOB.exec(name) ?? [];
  return isUuid(tenantId) && isUuid(blobId) ? { tenantId, blobId } : undefined;
}
