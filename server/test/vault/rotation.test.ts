// Keys change while the product serves: of a tenant, of the deployment; a rotation that was killed is finished by the next.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createDatabase, type Database, openListener, type TenantScope } from '../../src/db/db.ts';
import { Fault } from '../../src/errors.ts';
import type { TenantId } from '../../src/ids.ts';
import { mintPrincipal, type UserPrincipal } from '../../src/principal.ts';
import { createMasterKeys, openVault, registerMasterKey, type Vault } from '../../src/vault/vault.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import { gate } from '../db/parser-gate.ts';
import { enterNewTenant } from './tenants.ts';

const MASTER_1 = Buffer.alloc(32, 9);
const MASTER_2 = Buffer.alloc(32, 10);
const PLACE = { column: 'runs.task', row: 'r' } as const;
const enter = (tenantId: TenantId) => mintPrincipal({ kind: 'keeper', tenantId });

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.drop());

const sealIn = async (scope: TenantScope, text: string): Promise<{ keyId: string; bytes: Uint8Array }> => {
  const { keyring } = await scope.content();
  return { keyId: keyring.keyId, bytes: keyring.seal(PLACE, Buffer.from(text)) };
};
const openIn = async (scope: TenantScope, sealed: { keyId: string; bytes: Uint8Array }): Promise<string> => {
  const { keyring } = await scope.content([sealed.keyId]);
  return Buffer.from(keyring.open(PLACE, sealed.keyId, sealed.bytes)).toString('utf8');
};

/** Another process on the same database, with a vault and a listener of its own. */
async function openNode(): Promise<{ db: Database; vault: Vault; close(): Promise<void> }> {
  const listener = await openListener(database.connect.direct, () => undefined);
  const master = createMasterKeys(() => new Map([[1, MASTER_1]]));
  const vault = await openVault({ master, listener, monotonic: () => performance.now() });
  const { connect, prefix } = database;
  const db = createDatabase({
    keys: vault,
    onStatement: gate,
    connect: connect.api,
    prefix,
    max: 2,
    onFault: () => undefined,
  });
  const close = async (): Promise<void> => {
    await db.close();
    await listener.close();
  };
  return { db, vault, close };
}

async function until(is: () => Promise<boolean>): Promise<void> {
  while (!(await is())) await new Promise((resolve) => setImmediate(resolve));
}

test('a tenant gets a new key: new content is sealed under it, old content stays readable, on every node', async () => {
  const alice = await enterNewTenant(database, 'A');
  const [one, other] = [await openNode(), await openNode()];
  try {
    const [here, there] = [one.db.tenant(alice), other.db.tenant(alice)];
    const old = await sealIn(there, 'old');
    await one.vault.rotateTenantKey(one.db, alice);
    const fresh = await sealIn(here, 'new');
    assert.notEqual(fresh.keyId, old.keyId);
    assert.equal(await openIn(there, fresh), 'new', 'a key that is not known yet is looked for');
    for (const scope of [here, there])
      assert.deepEqual([await openIn(scope, old), await openIn(scope, fresh)], ['old', 'new']);
    await until(async () => (await sealIn(there, 'x')).keyId === fresh.keyId);
    const digests = await Promise.all(
      [here, there].map(async (scope) => (await scope.content()).digest('entity', 'x')),
    );
    assert.deepEqual(digests[0], digests[1]);
  } finally {
    await one.close();
    await other.close();
  }
});

test('many rotations of one tenant at once leave one active key, and lose none', async () => {
  const bob = await enterNewTenant(database, 'B');
  const scope = database.api.tenant(bob);
  const old = await sealIn(scope, 'old');
  await Promise.all(Array.from({ length: 5 }, () => database.vault.rotateTenantKey(database.api, bob)));
  const { rows } = await database.admin(
    `select count(*) filter (where state = 'active')::int as active from app.tenant_keys where tenant_id = $1 and purpose = 'content'`,
    [bob.tenantId],
  );
  assert.deepEqual(rows, [{ active: 1 }]);
  assert.equal(await openIn(scope, old), 'old');
});

test('a destroyed key is dropped by the other nodes at once, by notice', async () => {
  const carol = await enterNewTenant(database, 'C');
  const [one, other] = [await openNode(), await openNode()];
  try {
    const sealed = await sealIn(one.db.tenant(carol), 'secret');
    assert.equal(await openIn(other.db.tenant(carol), sealed), 'secret');
    await one.vault.destroyTenantKeys(one.db, carol);
    const started = performance.now();
    await until(() =>
      openIn(other.db.tenant(carol), sealed).then(
        () => false,
        (error) => error instanceof Fault && error.code === 'sealed_away',
      ),
    );
    assert.ok(performance.now() - started < 30_000, 'not by the minute that a key lives');
  } finally {
    await one.close();
    await other.close();
  }
});

test('without a notice a key lives for a minute and no longer', async () => {
  const dave = await enterNewTenant(database, 'D');
  let now = 0;
  const master = createMasterKeys(() => new Map([[1, MASTER_1]]));
  const deaf = await openVault({ master, monotonic: () => now });
  const own = database.api.tenant(dave);
  const before = await deaf.keyring(own, own);
  await database.vault.destroyTenantKeys(database.api, dave);
  now = 59_000;
  assert.equal(await deaf.keyring(own, own), before);
  now = 61_000;
  await assert.rejects(
    deaf.keyring(own, own),
    (error: unknown) => error instanceof Fault && error.code === 'sealed_away',
  );
});

interface Sealing {
  readonly principal: UserPrincipal;
  readonly sealed: { keyId: string; bytes: Uint8Array };
}

test('a rotation of the master key that is killed half-way leaves every tenant readable; the next finishes it, while sealing goes on', async () => {
  const tenants: Sealing[] = [];
  for (let count = 0; count < 25; count++) {
    const principal = await enterNewTenant(database, `T${count}`);
    tenants.push({ principal, sealed: await sealIn(database.api.tenant(principal), `text ${count}`) });
  }
  const rotator = fileURLToPath(new URL('./rotate-process.ts', import.meta.url));
  const child = spawn(process.execPath, [rotator], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(
    JSON.stringify({
      connect: database.connect.api,
      prefix: database.prefix,
      masters: [MASTER_1, MASTER_2].map((key) => key.toString('hex')),
    }),
  );
  let seen = 0;
  for await (const _line of createInterface({ input: child.stdout })) if (++seen === 5) child.kill('SIGKILL');
  const versions = async (): Promise<Record<string, unknown>> => {
    const { rows } = await database.admin(
      `select count(*) filter (where master_version = 1)::int as old, count(*) filter (where master_version = 2)::int as new from app.tenant_keys where state <> 'destroyed'`,
    );
    return rows[0] ?? {};
  };
  const half = await versions();
  assert.ok(Number(half.old) > 0 && Number(half.new) >= 10, JSON.stringify(half));

  let held = new Map([[1, MASTER_1]]);
  const master = createMasterKeys(() => held);
  const vault = await openVault({ master, monotonic: () => performance.now() });
  const { connect, prefix } = database;
  const db = createDatabase({
    keys: vault,
    onStatement: gate,
    connect: connect.api,
    prefix,
    max: 4,
    onFault: () => undefined,
  });
  try {
    const readable = async (): Promise<void> => {
      for (const [at, { principal, sealed }] of tenants.entries())
        assert.equal(await openIn(db.tenant(principal), sealed), `text ${at}`);
    };
    const [first] = tenants;
    assert.ok(first !== undefined);
    await assert.rejects(readable(), (error: unknown) => error instanceof Fault && error.code === 'sealed_away');
    // The new version is put beside the old one, and is found without a restart.
    held = new Map([
      [1, MASTER_1],
      [2, MASTER_2],
    ]);
    await readable();
    let going = true;
    const serving = (async () => {
      for (let count = 0; going; count++) {
        await new Promise((resolve) => setImmediate(resolve));
        const scope = db.tenant(first.principal);
        assert.equal(await openIn(scope, await sealIn(scope, `during ${count}`)), `during ${count}`);
      }
    })();
    const done = await vault.rotateMaster({ db, enter }).finally(() => {
      going = false;
    });
    await serving;
    assert.equal(done.keys, half.old);
    assert.equal((await versions()).old, 0);
    assert.deepEqual(await vault.rotateMaster({ db, enter }), { tenants: 0, keys: 0 });
    const { rows } = await database.admin(
      'select version, retired_at is not null as retired from sys.master_keys order by 1',
    );
    assert.deepEqual(rows, [
      { version: 1, retired: true },
      { version: 2, retired: false },
    ]);
    // The old key is needed no more.
    held = new Map([[2, MASTER_2]]);
    master.reload();
    const later = await openVault({ master, monotonic: () => performance.now() });
    for (const { principal } of tenants) await later.keyring(db.tenant(principal), db.tenant(principal));
  } finally {
    await db.close();
  }
});

test('two master keys of one version are told apart, by their fingerprints alone', async () => {
  const wrong = createMasterKeys(() => new Map([[2, Buffer.alloc(32, 77)]]));
  await assert.rejects(registerMasterKey(database.api, wrong), (error: unknown) => {
    assert.ok(error instanceof Fault && error.code === 'configuration');
    const [counted, here] = error.message.match(/fingerprint [0-9a-f]{16}/g) ?? [];
    assert.ok(counted !== undefined && here !== undefined && counted !== here);
    assert.ok(!error.message.includes('4d4d4d4d'));
    return true;
  });
});
