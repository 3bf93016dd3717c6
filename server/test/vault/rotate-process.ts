// Rotates the master key in a process of its own, to be killed: it says one line for each tenant that is done.
import { text } from 'node:stream/consumers';
import { type ConnectOptions, createDatabase } from '../../src/db/db.ts';
import { mintPrincipal } from '../../src/principal.ts';
import { createMasterKeys, openVault } from '../../src/vault/vault.ts';

const plan = JSON.parse(await text(process.stdin)) as { connect: ConnectOptions; prefix: string; masters: string[] };
const keys = new Map(plan.masters.map((hex, index) => [index + 1, Buffer.from(hex, 'hex')]));
const vault = await openVault({ master: createMasterKeys(() => keys), monotonic: () => performance.now() });
const db = createDatabase({
  keys: vault,
  connect: plan.connect,
  prefix: plan.prefix,
  max: 2,
  onFault: () => undefined,
});
await vault.rotateMaster({
  db,
  enter: (tenantId) => mintPrincipal({ kind: 'keeper', tenantId }),
  onTenant: (tenantId) => process.stdout.write(`${tenantId}\n`),
});
await db.close();
