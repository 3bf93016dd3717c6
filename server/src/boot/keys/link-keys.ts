// The keys that sign links to artifacts, by version: the newest that counts signs; the one before it verifies as long as a link can live.
import type { Database, Row } from '../../db/db.ts';
import { type LinkKeys, MOST_LIFE_SECONDS } from '../../links/links.ts';
import type { DataFolder } from '../place/data-folder.ts';
import type { FollowedKey } from './follow-keys.ts';

export const LINK_KEYS = 'links';
const MARGIN_MS = 5 * 60_000;

export interface FollowedLinkKeys extends FollowedKey {
  readonly keys: () => LinkKeys;
}

export async function followLinkKeys(db: Database, folder: DataFolder): Promise<FollowedLinkKeys> {
  folder.secret(`${LINK_KEYS}-1`);
  let held = folder.secrets(LINK_KEYS);
  let used = 1;
  let least = 1;
  /** A version counts from the time that stands in the database on; the first one always did. */
  const countsSince = async (version: number): Promise<Date | undefined> => {
    const [text] = await db.system('instance_get', [`${LINK_KEYS}:${version}`], (row: Row) => row.bytes('value'));
    return text === undefined ? undefined : new Date(Buffer.from(text).toString('utf8'));
  };
  const refresh = async (): Promise<void> => {
    held = folder.secrets(LINK_KEYS);
    for (const version of [...held.keys()].toSorted((one, other) => other - one)) {
      const since = version === 1 ? new Date(0) : await countsSince(version);
      if (since === undefined) continue;
      used = version;
      const old = Date.now() - since.getTime() > MOST_LIFE_SECONDS * 1_000 + MARGIN_MS;
      least = old ? version : version - 1;
      return;
    }
  };
  await refresh();
  return {
    name: 'links',
    get newest() {
      return Math.max(...held.keys());
    },
    get used() {
      return used;
    },
    refresh,
    keys: () => ({ signing: used, keys: new Map([...held].filter(([version]) => version >= least)) }),
  };
}
