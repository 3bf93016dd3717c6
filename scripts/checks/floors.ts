// The plan of the house as data: floors.json, read once for all checks.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

type Table<T> = Readonly<Record<string, T>>;

export interface Floors {
  /** Room of server/src (a folder, or a file that is a room by itself) to its floor. */
  readonly rooms: Table<number>;
  /** Third-party package, scope or raw module to the folders that may import it. */
  readonly doors: Table<readonly string[]>;
  /** File or module, then a name it exports, to the folders that may import that name. */
  readonly confined: Table<Table<readonly string[]>>;
  /** Words that reach the network, or a way around a door, to the folders in which they are refused and excepted. */
  readonly globals: {
    readonly words: readonly string[];
    readonly refused: readonly string[];
    readonly except: readonly string[];
  };
  /** Workspace (`libs/*` for each of them) to those it may depend on. */
  readonly workspaces: Table<readonly string[]>;
}

export async function readFloors(root: string): Promise<Floors> {
  return JSON.parse(await readFile(join(root, 'floors.json'), 'utf8')) as Floors;
}

/** A file that ships: tests, scripts and proofs may import anything. */
export function isProduct(path: string): boolean {
  return /^(?:[^/]+|libs\/[^/]+)\/(?:src|bin)\//.test(path);
}
