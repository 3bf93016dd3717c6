// Keeps a small installation of the present schema for ever: `npm run museum`, once for each release. Later releases must restore it (S17).
// The file is sealed under the master key of the tests, and its secrets open nothing else.
import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backUp } from '../server/src/backup/backup.ts';
import { furnishTenant, openFolderHouse, silent } from '../server/test/backup/house.ts';
import { testDatabase } from '../server/test/database.ts';

const MIGRATIONS = fileURLToPath(new URL('../server/src/db/migrations', import.meta.url));
const MUSEUM = fileURLToPath(new URL('../server/test/museum', import.meta.url));

const level = readdirSync(MIGRATIONS)
  .filter((name) => /^\d{4}_/.test(name))
  .toSorted()
  .at(-1)
  ?.slice(0, 4);
const file = join(MUSEUM, `schema-${level}.tar`);
if (existsSync(file)) await rm(file);
const database = await testDatabase();
const house = await openFolderHouse(database);
try {
  const key = (await readFile(join(house.data, 'first-key'), 'utf8')).trim();
  await furnishTenant(house.url, key, 'the museum');
  const { bytes, digest } = await backUp(house.config, silent, file, { withMasterKey: false });
  process.stdout.write(`${file}: ${bytes} bytes, digest ${digest}\n`);
} finally {
  await house.clear();
  await database.drop();
}
