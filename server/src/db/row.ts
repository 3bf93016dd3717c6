// Typed column readers: a column that is missing or of another type is a fault, never an undefined that travels.
import { fault } from '../errors.ts';

type Columns = Readonly<Record<string, unknown>>;

export class Row {
  readonly #columns: Columns;

  constructor(columns: Columns) {
    this.#columns = columns;
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
  bigint(name: string): bigint {
    return BigInt(
      this.#read(name, (value): value is string => typeof value === 'string' && /^-?\d+$/.test(value), 'a bigint'),
    );
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
