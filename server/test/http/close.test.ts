import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startApi } from './api.ts';

test('a node that closes ends its streams with a comment, finishes what is in flight and takes no more', async () => {
  const api = await startApi({ nodes: 2 });
  try {
    const { api_key: key } = api.tenantA;
    const [node] = api.nodes;
    assert.ok(node !== undefined);
    const run = await api.ask('/v1/runs', { key, json: { skill: 'web-digest', task: 't' } });
    const stream = await fetch(`${node.url}/v1/runs/${run.json.id}/events`, {
      headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
    });
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const body = new ReadableStream({
      pull: async (controller) => {
        controller.enqueue(Buffer.from('x'));
        begun.resolve();
        await gate.promise;
        controller.close();
      },
    });
    const upload = api.ask('/v1/artifacts', { key, method: 'POST', body });
    await begun.promise;
    // The upload is in the hands of its route when the blob has been begun.
    while (
      !(await api.database.admin('select last_used_at is not null as used from app.api_keys')).rows.some(
        (row) => row.used,
      )
    );
    const before = performance.now();
    // A browser opens connections ahead and sends nothing.
    const silent = connect(Number(new URL(node.url).port), '127.0.0.1');
    await once(silent, 'connect');
    const closing = node.close();
    await once(silent.resume(), 'close');
    const text = await stream.text();
    assert.match(text, /: the node is closing\n\n$/);
    assert.doesNotMatch(text, /event: end/);
    gate.resolve();
    assert.equal((await upload).status, 201);
    await closing;
    assert.ok(performance.now() - before < 5_000, 'nothing waited for the bound');
    await assert.rejects(fetch(`${node.url}/healthz`));
    assert.equal((await api.ask('/healthz', {}, 1)).status, 200);
  } finally {
    await api.nodes[1]?.close();
    await api.database.drop();
  }
});
