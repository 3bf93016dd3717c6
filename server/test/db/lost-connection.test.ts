// The database goes away under a connection that is in use: the call fails with a coded fault, and the process goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '../../src/ids.ts';
import { mintPrincipal } from '../../src/principal.ts';
import { testDatabase } from '../database.ts';

test('a connection that is lost in the middle of a transaction fails that transaction and nothing else', async () => {
  const database = await testDatabase();
  const principal = mintPrincipal({ kind: 'keeper', tenantId: newId() });
  try {
    const transaction = database.api.atomic(principal, async (tx) => {
      await tx.content().catch(() => undefined);
      const { rows } = await database.admin(
        "select pid from pg_stat_activity where datname = current_database() and application_name = 'sallyport' and pg_terminate_backend(pid, 5000)",
      );
      assert.ok(rows.length > 0, 'a connection was in use');
      // The end of the connection is told by an event, before anything is asked again.
      await delay(200);
      await tx.content();
    });
    await assert.rejects(transaction);
    await database.api.ping();
  } finally {
    await database.drop();
  }
});
