// How full the disks of the data folder and of the embedded database are (S5). Looked at again after a few seconds, so that a burst of requests asks the system once.
import { statfs } from 'node:fs/promises';
import type { Log } from '../../log.ts';

const FRESH_MS = 5_000;

export interface DiskSpace {
  /** True when so much is used that nothing new may be begun. */
  full(): Promise<boolean>;
}

/** Blocks of a file system, as `statfs` says them. */
export interface DiskBlocks {
  readonly blocks: number;
  readonly bfree: number;
  /** Free for this user: the rest is kept for root. */
  readonly bavail: number;
}

/** As `df` reckons: what is used, of what this user could use. */
export function usedPercent({ blocks, bfree, bavail }: DiskBlocks): number {
  const used = blocks - bfree;
  return used + bavail === 0 ? 0 : (100 * used) / (used + bavail);
}

export function watchDiskSpace(options: {
  /** Folders; the fullest of their disks counts. */
  readonly paths: readonly string[];
  readonly limitPercent: number;
  readonly log: Log;
  readonly read?: (path: string) => Promise<DiskBlocks>;
  readonly freshMs?: number;
}): DiskSpace {
  const { paths, limitPercent, log, read = statfs, freshMs = FRESH_MS } = options;
  let seen: { readonly at: number; readonly full: Promise<boolean> } | undefined;
  const look = async (path: string): Promise<boolean> => {
    try {
      return usedPercent(await read(path)) >= limitPercent;
    } catch (error) {
      // A disk that cannot be asked will refuse the write itself; runs are not stopped on a guess.
      log.warn('disk.unknown', { path, detail: error instanceof Error ? error.message : String(error) });
      return false;
    }
  };
  return {
    full: () => {
      const now = performance.now();
      if (seen === undefined || now - seen.at >= freshMs)
        seen = { at: now, full: Promise.all(paths.map(look)).then((full) => full.includes(true)) };
      return seen.full;
    },
  };
}
