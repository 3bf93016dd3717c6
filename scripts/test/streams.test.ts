// What older servers sent is read by the readers of today: by the client, by the command line, and by who verifies offline.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { lineOf } from '../../cli/src/event-lines.ts';
import { createTimeline } from '../../cli/src/timeline.ts';
import { createClient } from '../../client/src/client.ts';
import type { EventEnvelope } from '../../contracts/src/contracts.ts';
import { CONTRACT_RELEASES } from '../../contracts/src/contracts.ts';
import { pieceNames, type RecordedRun, readPiece } from '../../contracts/test/museum.ts';
import { parseExport, verifyChain } from '../../libs/chain/src/chain.ts';

/** Sends a recorded stream, byte for byte, and lets the client follow it. */
async function follow(recorded: RecordedRun): Promise<EventEnvelope[]> {
  const server = createServer((request, response) => {
    const stream = request.headers.accept === 'text/event-stream';
    response.setHeader('content-type', stream ? 'text/event-stream' : 'application/json');
    response.end(stream ? recorded.stream : JSON.stringify(recorded.pages[0]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const client = createClient({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    return await Array.fromAsync(client.runs.follow(recorded.run.id));
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

for (const name of pieceNames())
  for (const recorded of readPiece(name).runs)
    test(`the ${recorded.name} run of ${name} is followed, printed and never taken for a success that it is not`, async () => {
      const events = await follow(recorded);
      assert.deepEqual(
        events.map(({ seq }) => seq),
        Array.from({ length: recorded.run.last_seq + 1 }, (_, seq) => seq),
      );
      const timeline = createTimeline(false);
      const good = new Set(['run.succeeded', 'tool.call.approved']);
      for (const event of events) {
        assert.doesNotMatch(timeline.line(event), /[\p{Cc}\p{Cf}]/u);
        const { tone, word } = lineOf(event);
        if (tone === 'good') assert.ok(good.has(event.type) && event.version === 1, `${event.type}@${event.version}`);
        if (name !== 'future') assert.notEqual(word, 'event', event.type);
      }
    });

test('what older servers exported still verifies offline', async () => {
  for (const { date } of CONTRACT_RELEASES)
    for (const { name, export: text } of readPiece(date).runs) {
      const verdict = await verifyChain(await parseExport(text.split('\n')));
      assert.ok(verdict.ok, `${date} ${name}: ${JSON.stringify(verdict)}`);
    }
});
