import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../src/config.ts';
import { Fault } from '../src/errors.ts';

function faultsOf(env: Record<string, string>, flags: Record<string, string> = {}): string[] {
  try {
    readConfig({ env, flags });
    return [];
  } catch (error) {
    assert.ok(error instanceof Fault && error.code === 'configuration', String(error));
    return (error.options.fields ?? []).map((field) => field.message);
  }
}

test('it listens on loopback unless told, and a public bind needs both settings that make it safe', () => {
  assert.equal(readConfig({ env: {}, flags: {} }).host, '127.0.0.1');
  const safe = { SALLYPORT_PUBLIC_URL: 'https://agents.example.com', SALLYPORT_TRUSTED_PROXIES: '10.0.0.5' };
  for (const host of ['0.0.0.0', '::', '192.168.1.4', '8.8.8.8']) {
    for (const given of [{}, { ...safe, SALLYPORT_PUBLIC_URL: '' }, { ...safe, SALLYPORT_TRUSTED_PROXIES: '' }]) {
      const [fault = '', ...more] = faultsOf({ SALLYPORT_HOST: host, ...given });
      assert.match(
        fault,
        /SALLYPORT_HOST: .* is not loopback; .*SALLYPORT_PUBLIC_URL.*SALLYPORT_TRUSTED_PROXIES/,
        host,
      );
      assert.deepEqual(more, []);
    }
    assert.deepEqual(faultsOf({ SALLYPORT_HOST: host, ...safe }), [], host);
  }
  for (const host of ['127.0.0.1', '127.9.9.9', '::1']) assert.deepEqual(faultsOf({ SALLYPORT_HOST: host }), []);
  assert.match(faultsOf({ SALLYPORT_PUBLIC_URL: 'http://agents.example.com' })[0] ?? '', /expected an https URL/);
});

test('every fault is named at once: the setting, what is wrong, what is expected, an example; and no value of a secret', () => {
  const secret = 'a secret with spaces';
  const faults = faultsOf(
    {
      SALLYPORT_PROT: '1',
      SALLYPORT_MODEL_API_KEY: secret,
      SALLYPORT_CONCURRENCY: '0',
      SALLYPORT_TEST_X: 'of the tests',
    },
    { port: '99999' },
  );
  assert.deepEqual(faults.map((fault) => fault.split(/[ :]/)[0]).toSorted(), [
    'SALLYPORT_CONCURRENCY',
    'SALLYPORT_MODEL_API_KEY',
    'SALLYPORT_PORT',
    'SALLYPORT_PROT',
  ]);
  for (const fault of faults.filter((one) => !one.includes('no such setting')))
    assert.match(fault, /: not accepted; expected .+, for example .+/);
  assert.ok(!faults.join('\n').includes(secret));
});

test('a node takes the roles that it is told and no other, and its health has an address of its own only without the API', () => {
  assert.deepEqual(readConfig({ env: {}, flags: {} }).roles, ['api', 'worker']);
  assert.deepEqual(readConfig({ env: { SALLYPORT_ROLES: 'worker' }, flags: {} }).roles, ['worker']);
  for (const wrong of [',', 'api,', 'both', 'api,api', 'API'])
    assert.match(faultsOf({ SALLYPORT_ROLES: wrong })[0] ?? '', /SALLYPORT_ROLES .*expected api, worker/, wrong);
  const health = { SALLYPORT_ROLES: 'worker', SALLYPORT_HEALTH_ADDRESS: '[::1]:4601' };
  assert.deepEqual(readConfig({ env: health, flags: {} }).healthAddress, { host: '::1', port: 4601 });
  for (const wrong of ['4601', '127.0.0.1', '::1:4601', '[127.0.0.1]:1', 'localhost:1', '127.0.0.1:65536'])
    assert.match(faultsOf({ ...health, SALLYPORT_HEALTH_ADDRESS: wrong })[0] ?? '', /ADDRESS:PORT/, wrong);
  assert.match(faultsOf({ SALLYPORT_HEALTH_ADDRESS: '127.0.0.1:1' })[0] ?? '', /expected with SALLYPORT_ROLES=worker/);
  const open = { ...health, SALLYPORT_HEALTH_ADDRESS: '10.0.0.7:4601' };
  assert.deepEqual(faultsOf(open), []);
  assert.match(faultsOf({ ...open, SALLYPORT_METRICS: 'on' })[0] ?? '', /10\.0\.0\.7 is not loopback/);
});
