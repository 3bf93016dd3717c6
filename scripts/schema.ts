// Rewrites server/src/db/schema.sql, the golden print of what the migrations make: `npm run schema`, after a new migration.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { migrate } from '../server/src/db/db.ts';
import { testDatabase } from '../server/test/database.ts';
import { printSchema } from './print-schema.ts';

const GOLDEN = fileURLToPath(new URL('../server/src/db/schema.sql', import.meta.url));

const database = await testDatabase();
try {
  await migrate({ direct: database.connect.direct, prefix: database.prefix });
  await writeFile(GOLDEN, await printSchema(database.admin, database.prefix));
} finally {
  await database.drop();
}
