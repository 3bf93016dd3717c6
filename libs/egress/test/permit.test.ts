// A caller's own list beside the policy: asked at every hop, and it only narrows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEgressGuard, type Decision, EgressError, findHostRule, parseHostRule } from '../src/egress.ts';
import { serve } from './loopback.ts';

const refused = (error: unknown): boolean => error instanceof EgressError && error.code === 'host';

test('a list of one call is asked at every hop, and a refused hop is not connected to', async () => {
  const reached: string[] = [];
  const second = await serve((request, response) => {
    reached.push(request.url ?? '');
    response.end('reached');
  });
  const first = await serve((_request, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${second.port}/on` });
    response.end();
  });
  const guard = createEgressGuard({ allowAddresses: [`127.0.0.1/32:${first.port}`, `127.0.0.1/32:${second.port}`] });
  try {
    const asked: string[] = [];
    const told: Decision[] = [];
    const call = guard.read(`http://127.0.0.1:${first.port}/`, {
      permit: ({ host, port, hop }) => {
        asked.push(`${hop} ${host}:${port}`);
        return port === second.port ? 'not for this caller' : undefined;
      },
      onDecision: (decision) => told.push(decision),
    });
    await assert.rejects(call, refused);
    assert.deepEqual(asked, [`0 127.0.0.1:${first.port}`, `1 127.0.0.1:${second.port}`]);
    assert.deepEqual(reached, []);
    assert.deepEqual(
      told.map(({ hop, verdict, code, rule }) => [hop, verdict, code, rule]),
      [
        [0, 'allow', undefined, undefined],
        [1, 'block', 'host', 'not for this caller'],
      ],
    );
    const free = await guard.read(`http://127.0.0.1:${first.port}/`);
    assert.equal(Buffer.from(free.body).toString(), 'reached', 'without the list the redirect is followed');
  } finally {
    await guard.close();
  }
});

test('a list that throws refuses, and one that permits opens nothing that the policy shuts', async () => {
  const guard = createEgressGuard({ lookup: async () => ['93.184.216.34'] });
  try {
    const broken = (): never => {
      throw new Error('the list cannot be read');
    };
    await assert.rejects(guard.read('http://example.com/', { permit: broken }), EgressError);
    await assert.rejects(
      guard.read('http://10.0.0.1/', { permit: () => undefined }),
      (error: unknown) => error instanceof EgressError && error.code === 'address',
    );
  } finally {
    await guard.close();
  }
});

test('of a reader service the list is asked of the page, not of the service', async () => {
  const asked: string[] = [];
  const service = await serve((request, response) => {
    asked.push(request.url ?? '');
    response.end('# page');
  });
  const guard = createEgressGuard({
    profile: 'reader',
    allowAddresses: [`127.0.0.1/32:${service.port}`],
    lookup: async () => ['93.184.216.34'],
  });
  try {
    const reader = guard.reader({ origin: `http://127.0.0.1:${service.port}` });
    const permit = ({ host }: { readonly host: string }) => (host === 'denied.example' ? 'denied' : undefined);
    await assert.rejects(reader.read('https://denied.example/a', { permit }), refused);
    assert.deepEqual(asked, []);
    await reader.read('https://allowed.example/a', { permit });
    assert.equal(asked.length, 1);
  } finally {
    await guard.close();
  }
});

const RULES: readonly (readonly [string, string, number, boolean])[] = [
  ['example.com', 'example.com', 443, true],
  ['example.com', 'a.example.com', 443, false],
  ['*.example.com', 'a.b.example.com', 80, true],
  ['*.example.com', 'example.com', 80, false],
  ['*.example.com', 'badexample.com', 80, false],
  ['example.com:8443', 'example.com', 443, false],
  ['example.com:8443', 'example.com', 8443, true],
  ['EXAMPLE.com.', 'example.com', 443, true],
  ['bücher.example', 'xn--bcher-kva.example', 443, true],
  ['[2001:db8::1]:443', '2001:db8::1', 443, true],
  ['10.0.0.7:80', '10.0.0.7', 80, true],
];
test('a rule of a list names a host, or all below it, with or without a port', () => {
  for (const [text, host, port, matches] of RULES)
    assert.equal(findHostRule([parseHostRule(text)], host, port) !== undefined, matches, `${text} and ${host}:${port}`);
});

test('what is no rule throws when it is read', () => {
  for (const text of [
    '',
    '*',
    '*.',
    'a b',
    'http://a.example',
    'a.example/x',
    'a.example:0',
    'a.example:99999',
    'a@b',
    'a.example:x',
    '::1',
    'a%2e.example',
    '*.*.example',
  ])
    assert.throws(() => parseHostRule(text), TypeError, text);
});
