// S17: an installation of each schema that was released comes up under this release, whole.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseAuditExport, parseExport, verifyAudit, verifyChain } from '@sallyport/chain';
import { restore } from '../../src/backup/backup.ts';
import { listMigrations } from '../../src/db/db.ts';
import { serve } from '../../src/main.ts';
import { ask, emptyPlace, silent, until } from '../backup/house.ts';
import { type TestDatabase, testDatabase } from '../database.ts';

const MUSEUM = fileURLToPath(new URL('.', import.meta.url));
const pieces = readdirSync(MUSEUM).filter((name) => name.endsWith('.tar'));

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.drop());

test('there is a piece in the museum', () => assert.ok(pieces.length > 0));

for (const piece of pieces)
  test(`${piece} is restored, migrated and served: its files open, its chains verify, and new work goes on`, async (t) => {
    const place = await emptyPlace(database);
    t.after(() => place.clear());
    const { checked } = await restore(place.config, silent, join(MUSEUM, piece), { resumeRuns: false });
    const known = (await listMigrations()).map(({ version }) => version);
    const applied = await place.admin('select version from sallyport_meta.migrations order by 1');
    assert.deepEqual(
      applied.map(({ version }) => version),
      known,
    );
    assert.ok(checked.head.migrations.length <= known.length);
    const served = await serve(place.config, silent);
    t.after(() => served.close());
    const key = (await readFile(join(place.data, 'first-key'), 'utf8')).trim();
    const get = (path: string) => ask(served.url, key, path);
    const artifacts = (await get('/v1/artifacts')).json.data as { id: string; bytes: number }[];
    assert.ok(artifacts.length >= 2);
    for (const { id, bytes } of artifacts) {
      const content = await get(`/v1/artifacts/${id}/content`);
      assert.deepEqual([content.status, Buffer.byteLength(content.text)], [200, bytes]);
    }
    assert.ok((await get('/v1/entities')).json.data.length > 0);
    const [run] = (await get('/v1/runs')).json.data as { id: string }[];
    const lines = (await get(`/v1/runs/${run?.id}/export`)).text.split('\n');
    assert.equal((await verifyChain(await parseExport(lines))).ok, true);
    await until(async () => {
      const { text } = await get('/v1/audit/export');
      return (await verifyAudit(await parseAuditExport(text.split('\n')))).ok;
    });
  });
