// The museum of recorded streams: what servers sent under each release of the contracts, byte for byte. A piece is frozen by its digest.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

export interface RecordedRun {
  readonly name: string;
  /** The answer of `GET /v1/runs/{id}`. */
  readonly run: { readonly id: string; readonly status: string; readonly last_seq: number };
  /** The event stream of the run, as it was sent. */
  readonly stream: string;
  /** The answers of `GET /v1/runs/{id}/events`, in their order. */
  readonly pages: readonly { readonly data: readonly RecordedEvent[]; readonly next_cursor: string | null }[];
  /** The export of the run; empty where no server wrote it. */
  readonly export: string;
}

export interface RecordedEvent {
  readonly seq: number;
  readonly type: string;
  readonly version: number;
  readonly data: unknown;
}

export interface Piece {
  /** The release of the contracts that it was recorded under. */
  readonly release: string;
  readonly runs: readonly RecordedRun[];
}

const FOLDER = new URL('../museum/', import.meta.url);
const LOCK = new URL('digests.json', FOLDER);

export const pieceNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json') && name !== 'digests.json')
    .map((name) => name.replace(/\.json$/, ''))
    .sort();

const textOf = (name: string): string => readFileSync(new URL(`${name}.json`, FOLDER), 'utf8');
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export const readPiece = (name: string): Piece => JSON.parse(textOf(name)) as Piece;
export const readDigests = (): Record<string, string> =>
  JSON.parse(readFileSync(LOCK, 'utf8')) as Record<string, string>;

/** Why the museum is not as it was left: a piece that was changed, lost, or never entered. */
export function findMuseumFaults(): string[] {
  const digests = readDigests();
  const names = pieceNames();
  const lost = Object.keys(digests).filter((name) => !names.includes(name));
  return [
    ...lost.map((name) => `the piece ${name} is gone`),
    ...names.flatMap((name) => {
      if (digests[name] === digestOf(textOf(name))) return [];
      return [digests[name] === undefined ? `the piece ${name} has no digest` : `the piece ${name} was changed`];
    }),
  ];
}

/** Adds a piece under a name that is free. */
export function addPiece(name: string, piece: Piece): void {
  const digests = readDigests();
  if (Object.hasOwn(digests, name)) throw new RangeError(`there is a piece ${name}, and a piece never changes`);
  const text = `${JSON.stringify(piece, null, 1)}\n`;
  writeFileSync(new URL(`${name}.json`, FOLDER), text);
  const sorted = Object.entries({ ...digests, [name]: digestOf(text) }).sort();
  writeFileSync(LOCK, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}
