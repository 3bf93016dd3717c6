import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEgressGuard, type Decision, type EgressCode, EgressError, type EgressPolicy } from '../src/egress.ts';
import { createSocketDoor } from '../src/socket-door.ts';
import { guardFor, isCode, serve, text } from './loopback.ts';

test('rebinding: each door alone stops the connect to loopback; with both removed the canary is reached', async () => {
  const { port, connections, server } = await serve((_request, response) => response.end('secret'));
  let reached = 0;
  server.on('request', () => reached++);
  const attack = async (doors: { outer: boolean; inner: boolean }, url: string): Promise<unknown> => {
    const guard = createEgressGuard({ lookup: async () => ['127.0.0.1'] }, doors);
    return guard.fetch(url).finally(() => guard.close());
  };
  const urls = [`http://rebind.example:${port}/`, `http://127.0.0.1:${port}/`, `http://[::ffff:127.0.0.1]:${port}/`];
  for (const url of urls) {
    await assert.rejects(attack({ outer: true, inner: true }, url), isCode('address'));
    await assert.rejects(attack({ outer: true, inner: false }, url), isCode('address'));
    assert.equal(connections(), 0, 'the outer door stops it before a connection');
  }
  for (const url of urls) await assert.rejects(attack({ outer: false, inner: true }, url), isCode('address'));
  assert.equal(reached, 0, 'the inner door stops it before the first byte');
  for (const url of urls) await attack({ outer: false, inner: false }, url);
  assert.equal(reached, urls.length, 'the attack has teeth');
});

test('the inner door stands before the TLS handshake', async () => {
  let bytes = 0;
  const { port, server } = await serve(() => undefined);
  server.on('connection', (socket) => socket.on('data', (chunk) => (bytes += chunk.length)));
  const guard = createEgressGuard({ lookup: async () => ['127.0.0.1'] }, { outer: false, inner: true });
  await assert.rejects(guard.fetch(`https://rebind.example:${port}/`), isCode('address'));
  await guard.close();
  assert.equal(bytes, 0);
});

test('a thousand answers that turn private in any order make no private connection', async () => {
  const { port, connections } = await serve((_request, response) => response.end());
  const answers = [
    ['127.0.0.1'],
    ['::ffff:127.0.0.1'],
    ['93.184.215.14', '127.0.0.1'],
    ['127.0.0.1', '93.184.215.14'],
    ['10.0.0.1'],
  ];
  let asked = 0;
  const guard = guardFor([], { lookup: async () => answers[asked++ % answers.length] ?? [], pace: { queue: 1_000 } });
  const codes = new Set<EgressCode>();
  await Promise.all(
    Array.from({ length: 1_000 }, (_, at) =>
      guard
        .read(`http://h${at % 7}.example:${port}/`)
        .catch((error) => codes.add(error instanceof EgressError ? error.code : 'url')),
    ),
  );
  assert.deepEqual([...codes], ['address']);
  assert.deepEqual([asked, connections()], [1_000, 0]);
});

test('one lookup serves a connection, and the socket asks no second time', async () => {
  const { port } = await serve((_request, response) => response.end('x'));
  let asked = 0;
  const guard = guardFor([port], {
    lookup: async () => {
      asked++;
      return asked === 1 ? ['127.0.0.1'] : ['10.0.0.1'];
    },
  });
  assert.equal(text((await guard.read(`http://once.example:${port}/`)).body), 'x');
  assert.equal(asked, 1);
  await assert.rejects(
    guard.read(`http://once.example:${port}/`),
    isCode('address'),
    'a standing connection excuses nothing',
  );
});

test('an operator opens an address and port, and nothing beside it', async () => {
  const open = await serve((_request, response) => response.end('open'));
  const shut = await serve((_request, response) => response.end('shut'));
  const guard = guardFor([open.port]);
  assert.equal(text((await guard.read(open.base)).body), 'open');
  for (const url of [shut.base, `http://127.0.0.2:${open.port}/`, `http://[64:ff9b::7f00:1]:${open.port}/`])
    await assert.rejects(guard.read(url), isCode('address'), url);
  await assert.rejects(guard.read(`http://localhost:${open.port}/`), isCode('host'), 'the name was not opened');
  const named = guardFor([open.port], { innerNames: ['localhost'], lookup: async () => ['127.0.0.1'] });
  assert.equal(text((await named.read(`http://localhost:${open.port}/`)).body), 'open');
  const resolved = createEgressGuard({
    allowAddresses: [`127.0.0.0/8:${open.port}`, `[::1]/128:${open.port}`],
    innerNames: ['localhost'],
  });
  assert.equal(text((await resolved.read(`http://localhost:${open.port}/`)).body), 'open', 'by the system’s resolver');
  await resolved.close();
  assert.equal(shut.connections(), 0);
});

const verdict = async (policy: EgressPolicy, url: string): Promise<string> => {
  const guard = createEgressGuard({ ownAddresses: () => [], lookup: async () => ['93.184.215.14'], ...policy });
  const decision = await guard.check(url);
  await guard.close();
  return decision.verdict === 'block' ? String(decision.code) : decision.verdict;
};

test('what is denied stays denied, and metadata needs its own word', async () => {
  const rows: [EgressPolicy, string, string][] = [
    [{ denyAddresses: ['93.184.215.0/24'] }, 'http://example.com/', 'address'],
    [{ denyAddresses: ['93.184.215.0/24'], allowAddresses: ['93.184.215.14/32'] }, 'http://example.com/', 'address'],
    [{ denyAddresses: ['93.184.215.0/24:8080'] }, 'http://example.com/', 'allow'],
    [{ denyAddresses: ['8.8.8.0/24'] }, 'http://[::ffff:8.8.8.8]/', 'address'],
    [{ allowAddresses: ['169.254.0.0/16'] }, 'http://169.254.1.1/', 'allow'],
    [{ allowAddresses: ['169.254.0.0/16'] }, 'http://169.254.169.254/', 'address'],
    [{ allowAddresses: ['0.0.0.0/0', '::/0'] }, 'http://[fd00:ec2::254]/', 'address'],
    [{ allowAddresses: ['0.0.0.0/0', '::/0'] }, 'http://[::ffff:169.254.169.254]/', 'address'],
    [{ dangerouslyAllowMetadataAddresses: true }, 'http://169.254.169.254/', 'address'],
    [
      { dangerouslyAllowMetadataAddresses: true, allowAddresses: ['169.254.169.254/32'] },
      'http://169.254.169.254/',
      'allow',
    ],
    [{ ownAddresses: () => ['93.184.215.14'] }, 'http://example.com/', 'address'],
    [{ ownAddresses: () => ['93.184.215.14'] }, 'http://[::ffff:93.184.215.14]/', 'address'],
    [{ ownAddresses: () => ['93.184.215.14'], allowAddresses: ['93.184.215.14/32'] }, 'http://example.com/', 'allow'],
    [{ lookup: async () => ['198.18.0.7'] }, 'http://example.com/', 'address'],
    [{ lookup: async () => ['198.18.0.7'], fakeIpRanges: ['benchmark-v4'] }, 'http://example.com/', 'allow'],
    [{ lookup: async () => ['fc00::7'], fakeIpRanges: ['benchmark-v4'] }, 'http://example.com/', 'address'],
    [{ lookup: async () => ['fc00::7'], fakeIpRanges: ['unique-local-v6'] }, 'http://example.com/', 'allow'],
    [{ lookup: async () => ['fd00:ec2::254'], fakeIpRanges: ['unique-local-v6'] }, 'http://example.com/', 'address'],
    [{ fakeIpRanges: ['benchmark-v4'] }, 'http://198.18.0.7/', 'address'],
    [{ allowHosts: ['*.example.com'] }, 'http://a.b.example.com/', 'allow'],
    [{ allowHosts: ['*.example.com'] }, 'http://example.com/', 'host'],
    [{ allowHosts: ['*.example.com'] }, 'http://aexample.com/', 'host'],
    [{ allowHosts: ['example.com'] }, 'http://EXAMPLE.com./', 'allow'],
    [{ allowHosts: ['example.com'] }, 'http://8.8.8.8/', 'host'],
    [{ allowHosts: ['8.8.8.8', '2606:4700::1'] }, 'http://134744072/', 'allow'],
    [{ allowHosts: ['2606:4700::1'] }, 'http://[2606:4700:0::0001]/', 'allow'],
    [{ allowHosts: ['bücher.example'] }, 'http://xn--bcher-kva.example/', 'allow'],
    [{ denyHosts: ['*.bücher.example'] }, 'http://a.xn--bcher-kva.example/', 'host'],
    [{ allowHosts: ['example.com'], denyHosts: ['example.com'] }, 'http://example.com/', 'host'],
    [{ allowPorts: [443] }, 'http://example.com/', 'port'],
    [{ allowPorts: [22] }, 'http://example.com:22/', 'allow'],
    [{ allowPorts: [80] }, 'http://example.com:8080/', 'port'],
    [{ allowAddresses: ['10.0.0.1/32:22'] }, 'http://10.0.0.1:22/', 'allow'],
    [{ allowAddresses: ['10.0.0.1/32'] }, 'http://10.0.0.1:22/', 'port'],
    [{ allowAddresses: ['10.0.0.1/32:22'] }, 'http://8.8.8.8:22/', 'port'],
    [{ schemes: ['https'] }, 'http://example.com/', 'scheme'],
    [{ schemes: ['https'] }, 'https://example.com/', 'allow'],
    [{ innerNames: ['*.internal'] }, 'http://db.internal/', 'allow'],
    [{ innerNames: ['*.internal'], lookup: async () => ['10.0.0.1'] }, 'http://db.internal/', 'address'],
    [{ mode: 'report' }, 'http://10.0.0.1/', 'report'],
    [{ mode: 'report' }, 'http://localhost/', 'report'],
    [{ mode: 'report' }, 'http://example.com:22/', 'report'],
    [{ mode: 'report' }, 'http://example.com/', 'allow'],
    [{ mode: 'report' }, 'http://169.254.169.254/', 'address'],
    [{ mode: 'report' }, 'http://user@example.com/', 'credentials'],
  ];
  for (const [policy, url, expected] of rows)
    assert.equal(await verdict(policy, url), expected, `${url} under ${JSON.stringify(policy)}`);
});

test('the inner door reads the operator’s ranges by itself', () => {
  const door = createSocketDoor({
    allow: ['10.0.0.0/8:8080', '[fd00::]/16', '169.254.169.254/32'],
    deny: ['10.9.0.0/16', '8.8.8.8/32'],
    fakeIp: ['198.18.0.0/15'],
    metadata: false,
  });
  const rows: [string, string | undefined, number, boolean, string][] = [
    ['10.0.0.1', '10.0.0.2', 8080, true, 'pass'],
    ['10.0.0.1', '10.0.0.2', 80, true, 'refused'],
    ['10.9.0.1', '10.0.0.2', 8080, true, 'refused'],
    ['::ffff:8.8.8.8', undefined, 80, true, 'refused'],
    ['64:ff9b::808:808', undefined, 80, true, 'refused'],
    ['fd00::1', undefined, 80, true, 'pass'],
    ['fd01::1', undefined, 80, true, 'refused'],
    ['169.254.169.254', undefined, 80, true, 'metadata'],
    ['198.18.0.1', undefined, 80, false, 'pass'],
    ['198.18.0.1', undefined, 80, true, 'refused'],
    ['9.9.9.9', '9.9.9.9', 80, true, 'refused'],
    ['9.9.9.9', '10.0.0.2', 80, true, 'pass'],
    ['fe80::1%eth0', undefined, 80, true, 'refused'],
    ['', undefined, 80, true, 'refused'],
    ['nonsense', undefined, 80, true, 'refused'],
  ];
  for (const [remote, local, port, literal, expected] of rows)
    assert.equal(door({ remote, local, port, literal }), expected, `${remote}:${port}`);
});

test('report mode lets through, tells, and never reaches metadata', async () => {
  const { port, base } = await serve((_request, response) => response.end('reached'));
  const told: Decision[] = [];
  const guard = createEgressGuard({ mode: 'report', onDecision: (decision) => told.push(decision) });
  assert.equal(text((await guard.read(base)).body), 'reached');
  await assert.rejects(guard.read('http://169.254.169.254/'), isCode('address'));
  await guard.close();
  assert.deepEqual(
    told.map(({ verdict, code, rule, port: at }) => [verdict, code, rule, at]),
    [
      ['report', 'address', '127.0.0.0/8', port],
      ['block', 'address', 'metadata', 80],
    ],
  );
});

test('blocked, closed and unresolved look the same to a model, whatever refused', async () => {
  const guard = guardFor([1], { lookup: async () => [] });
  const messages = new Set<string>();
  for (const url of [
    'http://10.0.0.1/',
    'http://127.0.0.1:1/',
    'http://localhost/',
    'http://gone.example/',
    'http://8.8.8.8:22/',
  ])
    await assert.rejects(guard.fetch(url), (error) => {
      assert.ok(error instanceof EgressError);
      messages.add(error.publicMessage);
      return true;
    });
  assert.deepEqual([...messages], ['The address could not be reached.']);
});

test('a caller that may not start any more opens no socket and sends no byte, at each of the three questions', async () => {
  const { base, port, connections, server } = await serve((_request, response) => response.end('x'));
  let requests = 0;
  server.on('request', () => requests++);
  const guard = guardFor([port]);
  for (const yes of [0, 1, 2]) {
    let asked = 0;
    await assert.rejects(guard.read(base, { mayStart: () => asked++ < yes }), isCode('not-started'));
    assert.equal(asked, yes + 1);
    assert.equal(connections(), yes < 2 ? 0 : 1);
  }
  assert.equal(requests, 0);
  assert.equal((await guard.read(base, { mayStart: () => true })).status, 200);
});
