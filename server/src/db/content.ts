// Content columns: what a tenant's people and pages said. They are written sealed, or not at all: the tag binds a value of such a
// column only from here, the parser gate sees that each of them got one, and the table refuses a row without the id of its key.
import { fault } from '../errors.ts';

/** Every content column, with the column that names the key its value is sealed under. */
const KEY_COLUMNS = {
  'runs.task': 'sealed_by',
  'runs.input': 'sealed_by',
  'runs.run_grant': 'sealed_by',
  'runs.result': 'result_sealed_by',
  'events.data': 'sealed_by',
  'effects.result': 'sealed_by',
  'artifacts.name': 'sealed_by',
  'artifacts.sha256': 'sealed_by',
  'artifacts.sources': 'sealed_by',
  'entities.attributes': 'sealed_by',
  'entities.sources': 'sealed_by',
  'entity_types.definition': 'sealed_by',
  'idempotency.body': 'sealed_by',
  'secrets.value': 'sealed_by',
  'actions.declaration': 'sealed_by',
  'skills.folder': 'sealed_by',
  'skills.facts': 'sealed_by',
  'approvals.card': 'sealed_by',
  'approval_seats.note': 'sealed_by',
  'egress_decisions.place': 'sealed_by',
} as const;

export type ContentColumn = keyof typeof KEY_COLUMNS;
export const CONTENT_COLUMNS = Object.keys(KEY_COLUMNS) as readonly ContentColumn[];

/** What a keyed digest is for; equal values of two uses, or of two tenants, have unequal digests. */
export type DigestUse = 'entity' | 'request' | 'network' | 'host';

/** Where a value rests. Its ciphertext opens there and nowhere else. */
export interface Place {
  readonly column: ContentColumn;
  /** What tells the row from all others of its tenant. */
  readonly row: string;
}

/** The keys of one tenant, in memory. Implemented by vault/. */
export interface Keyring {
  /** The key that new values are sealed under. */
  readonly keyId: string;
  knows(keyId: string): boolean;
  seal(place: Place, plain: Uint8Array): Uint8Array;
  /** Throws `sealed_away` for a key that is not there, `tampered` for bytes that are not what was sealed at this place. */
  open(place: Place, keyId: string, sealed: Uint8Array): Uint8Array;
  digest(use: DigestUse, value: Uint8Array): Uint8Array;
  /** One data key for one blob, and that key wrapped for the place where the blob rests. */
  wrapBlobKey(
    blobId: string,
    header: Uint8Array,
  ): { readonly keyId: string; readonly key: Uint8Array; readonly wrapped: Uint8Array };
  openBlobKey(blobId: string, header: Uint8Array, keyId: string, wrapped: Uint8Array): Uint8Array;
}

declare const made: unique symbol;
/** A sealed value (or its absence) as a parameter. Made by `Content` alone. */
export interface Sealed {
  readonly [made]: true;
  readonly kind: 'sealed';
  readonly column: ContentColumn;
  readonly value: Uint8Array | null | readonly Uint8Array[];
}

export interface PlainValue {
  readonly row: string;
  readonly plain: Uint8Array;
}

/** Seals the content of one tenant for its rows. */
export class Content {
  readonly #keyring: Keyring;
  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  /** For the column `key_id` of the same row. */
  get keyId(): string {
    return this.#keyring.keyId;
  }
  get keyring(): Keyring {
    return this.#keyring;
  }

  seal(column: ContentColumn, row: string, plain: Uint8Array | string): Sealed {
    const bytes = typeof plain === 'string' ? Buffer.from(plain, 'utf8') : plain;
    return sealed(column, this.#keyring.seal({ column, row }, bytes));
  }
  sealJson(column: ContentColumn, row: string, value: unknown): Sealed {
    return this.seal(column, row, JSON.stringify(value));
  }
  /** One array parameter for an insert of many rows by `unnest`. */
  sealAll(column: ContentColumn, values: readonly PlainValue[]): Sealed {
    return sealed(
      column,
      values.map(({ row, plain }) => this.#keyring.seal({ column, row }, plain)),
    );
  }
  digest(use: DigestUse, value: Uint8Array | string): Uint8Array {
    return this.#keyring.digest(use, typeof value === 'string' ? Buffer.from(value, 'utf8') : value);
  }
}

function sealed(column: ContentColumn, value: Sealed['value']): Sealed {
  return { kind: 'sealed', column, value } as Sealed;
}

/** A content column that has no value. */
export function absent(column: ContentColumn): Sealed {
  return sealed(column, null);
}

type Columns = Readonly<Record<string, unknown>>;

/** The keys that the rows of an answer are sealed under. */
export function keysOf(rows: readonly Columns[]): string[] {
  const names = new Set<string>(Object.values(KEY_COLUMNS));
  const found = new Set<string>();
  for (const row of rows)
    for (const name of names) {
      const keyId = row[name];
      if (typeof keyId === 'string') found.add(keyId);
    }
  return [...found];
}

/** The plain bytes of a content column, or null. A row that has a key id is opened or refused, never read as it is. */
export function openColumn(
  columns: Columns,
  column: ContentColumn,
  row: string,
  keyring: Keyring | undefined,
): Uint8Array | null {
  const name = column.slice(column.indexOf('.') + 1);
  const value = columns[name];
  const keyId = columns[KEY_COLUMNS[column]];
  if (value === null) return null;
  if (!(value instanceof Uint8Array)) throw fault('database', { detail: `column ${name} is not bytes` });
  // Written before there was a vault.
  if (keyId === null) return value;
  if (typeof keyId !== 'string') throw fault('database', { detail: `the key of ${column} was not selected` });
  if (keyring === undefined) throw fault('sealed_away', { detail: `no keys were loaded for ${column}` });
  return keyring.open({ column, row }, keyId, value);
}
