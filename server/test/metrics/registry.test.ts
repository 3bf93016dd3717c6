import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRegistry } from '../../src/metrics/metrics.ts';

test('counters, gauges and histograms are written in the exposition format', async () => {
  const registry = createRegistry();
  const counter = registry.counter('requests_total', 'Requests.');
  counter.add({ route: '/a' });
  counter.add({ route: '/a' }, 2);
  counter.add({ route: 'say "\\"\n' });
  registry.histogram('seconds', 'Seconds.', [0.1, 1]).observe({ route: '/a' }, 0.5);
  registry.read('lag', 'gauge', 'Lag.', async () => [{ value: 2 }]);
  assert.equal(
    await registry.text(),
    [
      '# HELP requests_total Requests.',
      '# TYPE requests_total counter',
      'requests_total{route="/a"} 3',
      'requests_total{route="say \\"\\\\\\"\\n"} 1',
      '# HELP seconds Seconds.',
      '# TYPE seconds histogram',
      'seconds_bucket{route="/a",le="0.1"} 0',
      'seconds_bucket{route="/a",le="1"} 1',
      'seconds_bucket{route="/a",le="+Inf"} 1',
      'seconds_sum{route="/a"} 0.5',
      'seconds_count{route="/a"} 1',
      '# HELP lag Lag.',
      '# TYPE lag gauge',
      'lag 2',
      '',
    ].join('\n'),
  );
});

test('a source that fails shows nothing, and the others are shown', async () => {
  const registry = createRegistry();
  registry.read('broken', 'gauge', 'Broken.', () => Promise.reject(new Error('away')));
  registry.read('thrown', 'gauge', 'Thrown.', () => {
    throw new Error('away');
  });
  registry.read('good', 'gauge', 'Good.', () => [{ value: 1 }]);
  assert.equal(await registry.text(), '# HELP good Good.\n# TYPE good gauge\ngood 1\n');
});

test('a label that grows without end stops at a bound and is counted as other', async () => {
  const registry = createRegistry();
  const counter = registry.counter('grown_total', 'Grown.');
  for (let at = 0; at < 5_000; at++) counter.add({ route: String(at) });
  const lines = (await registry.text()).trim().split('\n');
  assert.ok(lines.length <= 1_010, String(lines.length));
  assert.ok(lines.includes('grown_total{route="other"} 4000'), lines.at(-1));
});

test('a name that stands already or is none is refused', () => {
  const registry = createRegistry();
  registry.counter('one', 'One.');
  assert.throws(() => registry.counter('one', 'Again.'), /no new metric/);
  assert.throws(() => registry.counter('One-', 'No name.'), /no new metric/);
});
