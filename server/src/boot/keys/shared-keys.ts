// Nodes of one database hold the same keys. One with another pepper would refuse every key that a sister made, one with another signing key
// every link: so the database remembers a fingerprint of each, written by the first node, and a node that differs does not start.
import { createHmac } from 'node:crypto';
import type { Database, Row } from '../../db/db.ts';
import { fault } from '../../errors.ts';
import type { DataFolder } from '../place/data-folder.ts';

const SHARED = ['pepper-1', 'links-1', 'certificates-1'];

/** Throws `configuration`, with both fingerprints, for the first key that is not the one of the other nodes. */
export async function demandSharedKeys(db: Database, folder: DataFolder): Promise<void> {
  for (const name of SHARED) {
    const own = createHmac('sha256', folder.secret(name)).update(`sallyport.key-fingerprint.v1\0${name}`).digest();
    const [standing] = await db.system('instance_put', [`key:${name}`, own], (row: Row) => row.bytes('value'));
    if (standing === undefined || own.equals(standing)) continue;
    const show = (fingerprint: Uint8Array): string => Buffer.from(fingerprint).toString('hex').slice(0, 16);
    throw fault('configuration', {
      detail: `SALLYPORT_KEY_FOLDER: the key ${name} here has fingerprint ${show(own)}, that of the other nodes of this database ${show(standing)}; give this node their file`,
    });
  }
}
