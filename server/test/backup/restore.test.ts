// S16, RT8: a restore that was killed says so and is begun again; what was deleted since the backup is deleted again.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { backUp, restore } from '../../src/backup/backup.ts';
import { Fault, readConfig, serve } from '../../src/main.ts';
import { TEST_MASTER_KEY, type TestDatabase, testDatabase } from '../database.ts';
import { databaseUrl } from '../node.ts';
import {
  ask,
  type EmptyPlace,
  emptyPlace,
  type House,
  openHouse,
  post,
  type Resident,
  settle,
  silent,
  sumsOf,
  until,
} from './house.ts';

const PROGRAM = fileURLToPath(new URL('./restore-process.ts', import.meta.url));

let database: TestDatabase;
let house: House;
let folder: string;
let file: string;
let ada: Resident;
let bob: Resident;

before(async () => {
  database = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'sallyport-restore-file-'));
  house = await openHouse(database);
  ada = await settle(house, 'Ada');
  bob = await settle(house, 'Bob');
  file = join(folder, 'backup.tar');
  const env = {
    SALLYPORT_DATA: house.node.data,
    DATABASE_URL: databaseUrl(database),
    SALLYPORT_ROLE_PREFIX: database.prefix,
    SALLYPORT_MASTER_KEY: TEST_MASTER_KEY,
  };
  await backUp(readConfig({ env, flags: {} }), silent, file, { withMasterKey: false });
});
after(async () => {
  await house?.clear();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

async function restoreKilled(place: EmptyPlace, at: number): Promise<{ killed: boolean; said: string[] }> {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify({ env: place.environment, file, at }));
  const [said, [status, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.ok(signal === 'SIGKILL' || status === 0);
  return { killed: signal === 'SIGKILL', said: said.split('\n').filter((line) => line !== '') };
}

test('a restore that is killed at any of its words leaves a target that no server starts on, and is begun again', async (t) => {
  const whole = await emptyPlace(database);
  t.after(() => whole.clear());
  const { said } = await restoreKilled(whole, -1);
  const wanted = await sumsOf(whole.admin);
  const place = await emptyPlace(database);
  t.after(() => place.clear());
  const stages = ['target is empty', 'app.tenants', 'artifacts', 'are filled', 'is settled'];
  for (const stage of stages) {
    // A restore that finds a half one says so, one word more.
    const extra = stage === stages[0] || stage === stages[1] ? 0 : 1;
    const at = said.findIndex((line) => line.includes(stage)) + 1 + extra;
    assert.ok(at > extra, stage);
    const { killed, said: until } = await restoreKilled(place, at);
    assert.ok(killed && until.at(-1)?.includes(stage), `${stage}: ${until.at(-1)}`);
    if (stage === stages[0]) continue;
    await assert.rejects(serve(place.config, silent), (error: unknown) => {
      assert.ok(error instanceof Fault && error.code === 'half_restored', String(error));
      return true;
    });
  }
  const done = await restore(place.config, silent, file, { resumeRuns: false });
  assert.equal(done.checked.head.tenants, 3);
  const sums = await sumsOf(place.admin);
  delete sums['sys.operator_audit'];
  for (const [name, sum] of Object.entries(sums)) if (name !== 'app.sessions') assert.equal(sum, wanted[name], name);
  const served = await serve(place.config, silent);
  t.after(() => served.close());
  assert.equal((await ask(served.url, bob.key, `/v1/artifacts/${bob.artifact}/content`)).text, bob.text);
});

test('a tenant that was deleted after the backup comes back only without the ledger of deletions; with it, it is deleted again', async (t) => {
  const asked = await post(house.url, house.operator, `/v1/tenants/${ada.tenantId}`, { confirm: ada.name }, 'DELETE');
  assert.ok(asked.status < 300, asked.text);
  await until(
    async () => (await ask(house.url, house.operator, `/v1/purges/${asked.json.id}`)).json.certificate !== null,
  );
  const ledger = await readFile(join(house.node.data, 'deletions.jsonl'), 'utf8');
  assert.deepEqual(JSON.parse(ledger), {
    tenant_id: ada.tenantId,
    purge_id: asked.json.id,
    requested_at: asked.json.requested_at,
  });

  const forgetful = await emptyPlace(database);
  t.after(() => forgetful.clear());
  await restore(forgetful.config, silent, file, { resumeRuns: false });
  assert.equal((await forgetful.admin('select 1 from app.tenants where tenant_id = $1', [ada.tenantId])).length, 1);

  const place = await emptyPlace(database);
  t.after(() => place.clear());
  const { deleted } = await restore(place.config, silent, file, { resumeRuns: false, deletions: ledger });
  assert.deepEqual(deleted, [ada.tenantId]);
  const served = await serve(place.config, silent);
  t.after(() => served.close());
  assert.equal((await ask(served.url, ada.key, '/v1/me')).status, 401, 'nobody of it comes in');
  await until(
    async () => (await place.admin('select 1 from app.tenants where tenant_id = $1', [ada.tenantId])).length === 0,
  );
  await until(async () => (await place.admin("select 1 from sys.purges where step = 'done'")).length === 1);
  assert.equal((await ask(served.url, bob.key, `/v1/artifacts/${bob.artifact}/content`)).text, bob.text);
});
