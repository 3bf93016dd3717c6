// A row of one tenant is made to name the bytes of another, as a dump that was written back or a broken tool would: its owner reads them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insertArtifact, openArtifact, storeBlob } from '../../server/src/artifacts/artifacts.ts';
import { createLocalBlobs, sealBlobs } from '../../server/src/blobs/blobs.ts';
import { asId } from '../../server/src/ids.ts';
import { testDatabase } from '../../server/test/database.ts';
import { makeTenant } from '../../server/test/purge/furnish.ts';
import type { Attack, Outcome, Setting } from '../attack.ts';

type Backend = ReturnType<typeof createLocalBlobs>;

/** One folder for everybody: what a store would be whose places do not hold the tenant. */
function withoutTenants(backend: Backend): Backend {
  const everybody = '00000000-0000-4000-8000-000000000000';
  return {
    ...backend,
    put: (key, source, options) => backend.put({ ...key, tenantId: everybody }, source, options),
    get: (key, range) => backend.get({ ...key, tenantId: everybody }, range),
  };
}

const ROW = {
  name: 'a.txt',
  mediaType: 'text/plain',
  dataClass: 'upload',
  integrity: 'untrusted',
  confidentiality: 'private',
  sources: [],
} as const;

async function run(setting: Setting): Promise<Outcome> {
  const database = await testDatabase({ sealing: setting.inner });
  const root = await mkdtemp(join(tmpdir(), 'sallyport-proof-'));
  try {
    const local = createLocalBlobs({ root });
    const blobs = sealBlobs(setting.outer ? local : withoutTenants(local), { sealing: setting.inner });
    const owner = await makeTenant(database, 'owner');
    const attacker = await makeTenant(database, 'attacker');
    const keep = async (who: typeof owner, words: string) => {
      const scope = database.api.tenant(who.alice);
      const blob = await storeBlob(blobs, scope, [Buffer.from(words)]);
      const { id } = await insertArtifact(scope, blob, { ...ROW, userId: who.alice.userId });
      return { scope, blob, id };
    };
    const theirs = await keep(owner, owner.mark);
    const own = await keep(attacker, attacker.mark);
    await database.admin('update app.artifacts set blob_id = $2 where id = $1', [own.id, theirs.blob.blobId]);
    let text = '';
    let code = 'read';
    try {
      const { content } = await openArtifact(own.scope, blobs, asId(own.id));
      for await (const chunk of content) text += Buffer.from(chunk).toString('utf8');
    } catch (error) {
      code = String((error as { code?: unknown }).code);
    }
    const read = text.includes(owner.mark);
    return { succeeded: read, evidence: `the bytes of the other tenant were ${read ? 'read' : `refused (${code})`}` };
  } finally {
    await database.drop();
    await rm(root, { recursive: true, force: true });
  }
}

export const storedBytes: Attack = {
  id: 'stored-bytes',
  promise: 5,
  threat: 'A blob moved between tenants',
  outer: 'a place that holds the tenant, taken from who asks',
  inner: 'a key of the tenant, and its id in what is authenticated',
  run,
};
