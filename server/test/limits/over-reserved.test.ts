// A provider that says a step used more than could be: it is charged as said, stops the run at the next step, and is reported.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createEgressGuard, type EgressGuard } from '@sallyport/egress';
import { listRunUsage } from '../../src/billing/billing.ts';
import { openWorkbench, type Site, serveSite, type Workbench } from '../workbench.ts';

const SAID = { prompt_tokens: 400_000, completion_tokens: 90_000 };
let usage = { prompt_tokens: 10, completion_tokens: 5 };
let llm: Site;
let guard: EgressGuard;
let bench: Workbench;
before(async () => {
  llm = await serveSite((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const choices = [{ index: 0, message: { role: 'assistant', content: 'Done.' }, finish_reason: 'stop' }];
    response.end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'm', choices, usage }));
  });
  guard = createEgressGuard({ allowAddresses: [`127.0.0.1/32:${llm.port}`] });
  const provider = {
    baseUrl: new URL(`${llm.url}/v1`),
    apiKey: undefined,
    names: ['m'],
    price: { input: '1.00', output: '10.00' },
    egress: guard,
  };
  bench = await openWorkbench({ models: { fallback: 'm', provider } });
  bench.start();
});
after(async () => {
  await bench.close();
  await guard.close();
  await llm.close();
});

const spend = async (): Promise<{ over: boolean[]; cost: string; told: number }> => {
  const before_ = bench.lines.length;
  const id = await bench.createRun({ model: 'm', budget: { tokens: 900_000, cost: '9.00' } });
  const run = await bench.ended(id);
  const rows = await listRunUsage(bench.database.api.tenant(bench.alice), id, { limit: 10 });
  const told = bench.lines.slice(before_).filter((line) => line.includes('usage.over_reserved')).length;
  return { over: rows.map((row) => row.over_reserved), cost: run.usage.cost, told };
};

test('a settled cost above its reservation is charged whole, marked in the ledger and told in the log; one within it is not', async () => {
  assert.deepEqual(await spend(), { over: [false], cost: '0.00006', told: 0 });
  usage = SAID;
  assert.deepEqual(await spend(), { over: [true], cost: '1.3', told: 1 });
});
