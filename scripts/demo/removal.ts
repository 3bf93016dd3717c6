// Takes the demo's tenants away as any tenant is: purged by the operator, each with its certificate.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readKeyFile } from '../../cli/src/key-file.ts';
import { createClient } from '../../client/src/client.ts';
import type { Purge } from '../../contracts/src/contracts.ts';
import { DemoStop, startServer } from './instance.ts';

const KEY_FILE = /^demo-key-([0-9a-f-]{36})$/;
const LOOK_MS = 200;
const MOST_MS = 120_000;

/** Answers what to say of each. A demo that was killed before it had a tenant has none. */
export async function removeTenants(data: string): Promise<string[]> {
  const tenants = readdirSync(data).flatMap((name) => KEY_FILE.exec(name)?.[1] ?? []);
  if (tenants.length === 0 || !existsSync(join(data, 'operator-key'))) return [];
  const server = await startServer(data, []);
  try {
    const lines: string[] = [];
    for (const tenant of tenants) {
      lines.push(...describe(await purge(server.url, data, tenant)));
      rmSync(join(data, `demo-key-${tenant}`), { force: true });
    }
    return lines;
  } finally {
    await server.stop();
  }
}

async function purge(url: string, data: string, tenant: string): Promise<NonNullable<Purge['certificate']>> {
  const apiKey = readKeyFile(join(data, 'operator-key'));
  if (apiKey === undefined) throw new DemoStop(`${join(data, 'operator-key')} is not there`);
  const { tenants } = createClient({ baseUrl: url, apiKey });
  const { name } = await tenants.get(tenant);
  const { id } = await tenants.remove(tenant, name);
  const late = AbortSignal.timeout(MOST_MS);
  while (!late.aborted) {
    const { certificate } = await tenants.purge(id);
    if (certificate !== null) return certificate;
    await delay(LOOK_MS);
  }
  throw new DemoStop(`the purge of ${tenant} was not done within ${MOST_MS / 1_000} s`);
}

function describe(certificate: NonNullable<Purge['certificate']>): string[] {
  const sum = (of: 'found' | 'remaining'): number => certificate.stores.reduce((all, store) => all + store[of], 0);
  return [
    `Certificate ${certificate.purge_id} of tenant ${certificate.tenant_id}:`,
    `  ${certificate.stores.length} stores, ${sum('found')} things found, ${sum('remaining')} remaining; keys destroyed: ${certificate.keys_destroyed.length}`,
    ...certificate.not_covered.map((one) => `  not covered: ${one}`),
  ];
}
