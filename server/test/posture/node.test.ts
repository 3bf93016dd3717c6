// The posture of whole nodes: what is read from the deployment, not what it was told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Posture } from '@sallyport/contracts';
import { testDatabase } from '../database.ts';
import { startApi } from '../http/api.ts';
import { beginNode, type Environment } from '../node.ts';

async function postureWith(env: Environment): Promise<Posture> {
  const own = await testDatabase();
  const node = await beginNode(own, 0, env);
  try {
    const { url, firstBoot } = await node.served;
    const answer = await fetch(`${url}/v1/posture`, { headers: { authorization: `Bearer ${firstBoot?.apiKey}` } });
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    for (const secret of [firstBoot?.apiKey ?? '', Buffer.alloc(32, 9).toString('hex'), node.data])
      assert.ok(!text.includes(secret), 'the posture shows a secret or a path');
    return JSON.parse(text) as Posture;
  } finally {
    await node.clear();
    await own.drop();
  }
}
const rungs = ({ promises }: Posture): Record<number, string> =>
  Object.fromEntries(promises.map((one) => [one.promise, one.rung]));

test('settings of a real node change its rungs', async () => {
  const plain = rungs(await postureWith({ SALLYPORT_LOG_LEVEL: 'debug' }));
  assert.deepEqual([plain[1], plain[2], plain[3], plain[9]], ['production', 'baseline', 'baseline', 'baseline']);
  const better = rungs(
    await postureWith({ SALLYPORT_METRICS: 'on', SALLYPORT_PUBLIC_URL: 'https://agents.example.com' }),
  );
  assert.deepEqual([better[2], better[3], better[9]], ['production', 'high_assurance', 'production']);
  const worse = rungs(await postureWith({ SALLYPORT_EGRESS_ALLOW: '10.0.0.0/8', SALLYPORT_MODEL: 'gullible' }));
  assert.deepEqual([worse[3], worse[4]], ['below_baseline', 'baseline']);
});

test('the operator and every key of a tenant may ask, nobody else; a table whose wall is down and a late seal are seen', async () => {
  const api = await startApi();
  try {
    const ask = async (): Promise<Posture> => (await api.ask('/v1/posture', { key: api.operatorKey })).json;
    assert.equal((await api.ask('/v1/posture')).status, 401);
    assert.equal((await api.ask('/v1/posture', { key: api.tenantB.api_key })).status, 200);
    const sound = await ask();
    assert.deepEqual(
      sound.alarms.map((one) => one.code),
      ['no_worker'],
    );
    await api.database.admin('alter table app.runs no force row level security');
    assert.equal(rungs(await ask())[1], 'below_baseline');
    await api.database.admin('alter table app.runs force row level security');
    assert.equal(rungs(await ask())[1], rungs(sound)[1]);
    const { rows } = await api.database.admin('select coalesce(max(seq), -1)::int as last from sys.operator_audit');
    assert.deepEqual(rows, [{ last: -1 }]);
    assert.match(JSON.stringify(sound), /no backup was made/);
    await api.database.admin(
      `insert into sys.operator_audit (seq, id, body, prev_hash, hash, recorded_at)
       values (0, gen_random_uuid(), '{"action":"installation.backed_up"}', null, sha256('x'), clock_timestamp() - interval '9 days')`,
    );
    assert.ok((await ask()).alarms.some((one) => one.code === 'backup_old'));
    // No worker seals here: the key that is made is recorded, and its record waits.
    const made = await api.ask('/v1/api-keys', {
      key: api.tenantA.api_key,
      json: { name: 'k', scopes: ['runs:read'] },
    });
    assert.equal(made.status, 201, made.text);
    await api.database.admin("update app.audit_unsealed set since = since - interval '11 seconds'");
    const late = await ask();
    assert.ok(
      late.alarms.some((one) => one.code === 'audit_sealing_lag'),
      JSON.stringify(late.alarms),
    );
    assert.equal(rungs(late)[9], 'below_baseline');
  } finally {
    await api.close();
  }
});
