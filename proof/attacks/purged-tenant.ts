// A tenant was deleted. Whoever has the machine afterwards (database, blobs, the master key) looks for its words: by searching all
// that is there, and by opening what is sealed with the product's own code.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insertArtifact, listArtifacts, openArtifact, storeBlob } from '../../server/src/artifacts/artifacts.ts';
import { createLocalBlobs, sealBlobs } from '../../server/src/blobs/blobs.ts';
import { createDatabase } from '../../server/src/db/db.ts';
import { openSignals } from '../../server/src/events/events.ts';
import { firstBootOperator } from '../../server/src/identity/identity.ts';
import { asId } from '../../server/src/ids.ts';
import { createLog } from '../../server/src/log.ts';
import { getPurge, type PurgeStep, requestPurge, workPurges } from '../../server/src/purge/purge.ts';
import { keeperOf } from '../../server/src/worker/worker.ts';
import { type TestDatabase, testDatabase, testVault } from '../../server/test/database.ts';
import { beginRun, filesThatHold, makeTenant, tablesThatHold } from '../../server/test/purge/furnish.ts';
import type { Attack, Outcome, Setting } from '../attack.ts';

type Blobs = ReturnType<typeof sealBlobs>;
type Gone = Awaited<ReturnType<typeof makeTenant>>;

/** What its people wrote and uploaded. */
const WORDS = 'The patient was seen on the third of May.';

/** What is not deleted stays, and then the row of the tenant, to which it refers, stays too. */
function leftOut(setting: Setting): Set<PurgeStep> {
  const steps: PurgeStep[] = [
    ...(setting.outer ? [] : (['rows', 'blobs'] as const)),
    ...(setting.inner ? [] : (['keys'] as const)),
  ];
  return new Set(steps.length === 0 ? [] : [...steps, 'tenant', 'scan']);
}

async function purge(database: TestDatabase, blobs: Blobs, gone: Gone, setting: Setting): Promise<void> {
  const { id } = await requestPurge(database.api, firstBootOperator(), gone.tenantId, gone.name);
  const connect = { ...database.connect.direct, user: `${database.prefix}_ops` };
  const purger = createDatabase({
    connect,
    prefix: database.prefix,
    max: 2,
    enter: 'purger',
    onFault: () => undefined,
  });
  const signals = await openSignals(undefined, () => undefined);
  try {
    await workPurges(
      {
        ...{ purger, blobs, keeperOf, signals },
        logFiles: [],
        signingSeed: Buffer.alloc(32, 9),
        version: '0.0.0',
        log: createLog({ level: 'error', write: () => undefined }),
        leaveOut: leftOut(setting),
      },
      new AbortController().signal,
    );
    const { step } = await getPurge(database.api, id);
    if (step !== 'done') throw new Error(`the purge stands at ${step}`);
  } finally {
    await purger.close();
    signals.close();
  }
}

/** A run whose task, and an upload whose bytes, hold the tenant's words. */
async function furnish(database: TestDatabase, blobs: Blobs): Promise<Gone> {
  const gone = await makeTenant(database, 'gone');
  await beginRun(database, gone.alice, WORDS);
  const scope = database.api.tenant(gone.alice);
  const blob = await storeBlob(blobs, scope, [Buffer.from(WORDS)]);
  await insertArtifact(scope, blob, {
    ...{ name: 'a.txt', mediaType: 'text/plain', dataClass: 'upload', sources: [] },
    integrity: 'untrusted',
    confidentiality: 'private',
    userId: gone.alice.userId,
  });
  return gone;
}

/** With keys that are read anew: nothing that a process remembers helps. */
async function openAll(database: TestDatabase, blobs: Blobs, gone: Gone): Promise<string> {
  const connect = { ...database.connect.direct, user: `${database.prefix}_ops` };
  const keys = await testVault();
  const db = createDatabase({
    connect,
    keys,
    prefix: database.prefix,
    max: 2,
    enter: 'tenant',
    onFault: () => undefined,
  });
  try {
    const scope = db.tenant(keeperOf(gone.tenantId));
    let text = '';
    for (const { id } of await listArtifacts(scope, { limit: 100 })) {
      const { content } = await openArtifact(scope, blobs, asId(id));
      for await (const chunk of content) text += Buffer.from(chunk).toString('utf8');
    }
    return text;
  } catch (error) {
    return `refused: ${String((error as { code?: unknown }).code)}`;
  } finally {
    await db.close();
  }
}

async function run(setting: Setting): Promise<Outcome> {
  const database = await testDatabase();
  const root = await mkdtemp(join(tmpdir(), 'sallyport-proof-'));
  try {
    const blobs = sealBlobs(createLocalBlobs({ root }));
    const gone = await furnish(database, blobs);
    if (!(await openAll(database, blobs, gone)).includes(WORDS)) throw new Error('nothing could be read before');
    await purge(database, blobs, gone, setting);
    const opened = await openAll(database, blobs, gone);
    const inClear = [...(await tablesThatHold(database, WORDS)), ...(await filesThatHold(root, WORDS))];
    const succeeded = opened.includes(WORDS) || inClear.length > 0;
    const what = opened.startsWith('refused') ? opened : `${opened.length} characters of artifacts were opened`;
    return { succeeded, evidence: `${what}; ${inClear.length} places hold its words in clear` };
  } finally {
    await database.drop();
    await rm(root, { recursive: true, force: true });
  }
}

export const purgedTenant: Attack = {
  id: 'purged-tenant',
  promise: 6,
  threat: 'The documents of a deleted tenant are read from what is left',
  outer: 'rows and blobs are deleted, and looked for again',
  inner: 'the keys of the tenant are destroyed',
  run,
};
