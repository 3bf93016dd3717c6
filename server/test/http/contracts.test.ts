// What the server says of its contracts is what was released, and what it writes is valid under it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { checkValue } from '@sallyport/compat';
import { type Api, startApi } from './api.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.close());

interface Contract {
  readonly kind: string;
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly writer: object;
  readonly reader: object;
}

const contracts = async (): Promise<Contract[]> => (await api.ask('/v1/contracts', {})).json.data as Contract[];

test('every contract is there as it was released last', async () => {
  const said = await contracts();
  const lock = JSON.parse(
    await readFile(new URL('../../../contracts/released.json', import.meta.url), 'utf8'),
  ) as Readonly<Record<string, readonly string[]>>;
  const latest = Object.entries(lock)
    .filter(([name]) => !name.startsWith('release '))
    .map(([name, digests]) => [name, digests.at(-1)]);
  const shown = said.map(({ kind, name, version, digest }) => [`${kind} ${name}@${version}`, digest]);
  assert.deepEqual(shown.sort(), latest.sort());
});

test('an event that the server stored is valid for writer and reader, and one with an unknown field for the reader alone', async () => {
  const key = api.tenantA.api_key;
  const run = await api.ask('/v1/runs', { key, json: { skill: 'web-digest', task: 'x' } });
  const events = await api.ask(`/v1/runs/${run.json.id}/events`, { key });
  const created = (events.json.data as { type: string; data: object }[]).find(({ type }) => type === 'run.created');
  assert.ok(created !== undefined, events.text);
  const contract = (await contracts()).find(({ name }) => name === 'run.created');
  assert.ok(contract !== undefined);
  const newer = { ...created.data, from_the_future: true };
  const answers = [contract.writer, contract.reader].map((schema) =>
    [created.data, newer].map((value) => checkValue(schema, value).is),
  );
  assert.deepEqual(answers, [
    ['valid', 'invalid'],
    ['valid', 'valid'],
  ]);
});
