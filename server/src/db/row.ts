// Typed column readers: a column that is missing or of another type is a fault, never an undefined that travels.
import { fault } from '../errors.ts';
import { type ContentColumn, type Keyring, openColumn } from './content.ts';

type Columns = Readonly<Record<string, unknown>>;

export class Row {
  readonly #columns: Columns;
  readonly #keyring: Keyring | undefined;

  constructor(columns: Columns, keyring?: Keyring) {
    this.#columns = columns;
    this.#keyring = keyring;
  }

  #read<T>(name: string, is: (value: unknown) => value is T, type: string): T {
    const value = this.#columns[name];
    if (is(value)) return value;
    throw fault('database', { detail: `column ${name} is not ${type}` });
  }

  text(name: string): string {
    return this.#read(name, (value) => typeof value === 'string', 'text');
  }
  textOrNull(name: string): string | null {
    return this.#columns[name] === null ? null : this.text(name);
  }
  int(name: string): number {
    return this.#read(
      name,
      (value): value is number => typeof value === 'number' && Number.isSafeInteger(value),
      'an integer',
    );
  }
  intOrNull(name: string): number | null {
    return this.#columns[name] === null ? null : this.int(name);
  }
  float(name: string): number {
    return this.#read(
      name,
      (value): value is number => typeof value === 'number' && Number.isFinite(value),
      'a number',
    );
  }
  bigint(name: string): bigint {
    return BigInt(
      this.#read(name, (value): value is string => typeof value === 'string' && /^-?\d+$/.test(value), 'a bigint'),
    );
  }
  bigintOrNull(name: string): bigint | null {
    return this.#columns[name] === null ? null : this.bigint(name);
  }
  bool(name: string): boolean {
    return this.#read(name, (value) => typeof value === 'boolean', 'a boolean');
  }
  bytes(name: string): Uint8Array {
    return this.#read(name, (value) => value instanceof Uint8Array, 'bytes');
  }
  bytesOrNull(name: string): Uint8Array | null {
    return this.#columns[name] === null ? null : this.bytes(name);
  }
  /** The plain bytes of a content column; the statement selects its key too, as `sealed_by`. */
  content(column: ContentColumn, row: string): Uint8Array {
    const bytes = this.contentOrNull(column, row);
    if (bytes === null) throw fault('database', { detail: `${column} is not there` });
    return bytes;
  }
  contentOrNull(column: ContentColumn, row: string): Uint8Array | null {
    return openColumn(this.#columns, column, row, this.#keyring);
  }
  contentText(column: ContentColumn, row: string): string {
    return Buffer.from(this.content(column, row)).toString('utf8');
  }
  contentJson<T>(column: ContentColumn, row: string): T {
    return JSON.parse(this.contentText(column, row)) as T;
  }
  time(name: string): Date {
    return this.#read(name, (value) => value instanceof Date, 'a time');
  }
  timeOrNull(name: string): Date | null {
    return this.#columns[name] === null ? null : this.time(name);
  }
  textArray(name: string): string[] {
    return this.#read(
      name,
      (value): value is string[] => Array.isArray(value) && value.every((item) => typeof item === 'string'),
      'a text array',
    );
  }
}
