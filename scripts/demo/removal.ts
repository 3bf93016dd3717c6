// Takes the demo's tenants away as any tenant is: purged by the operator, each with its certificate.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readKeyFile } from '../../cli/src/key-file.ts';
import { type Certificate, certificateOf, sumOfStores } from '../../cli/src/purge-progress.ts';
import { createClient } from '../../client/src/client.ts';
import { DemoStop, startServer } from './instance.ts';

const KEY_FILE = /^demo-key-([0-9a-f-]{36})$/;
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

async function purge(url: string, data: string, tenant: string): Promise<Certificate> {
  const apiKey = readKeyFile(join(data, 'operator-key'));
  if (apiKey === undefined) throw new DemoStop(`${join(data, 'operator-key')} is not there`);
  const client = createClient({ baseUrl: url, apiKey });
  const { name } = await client.tenants.get(tenant);
  const begun = await client.tenants.remove(tenant, name);
  const signal = AbortSignal.timeout(MOST_MS);
  return certificateOf(client, begun, { signal }).catch((error: unknown) => {
    throw signal.aborted ? new DemoStop(`the purge of ${tenant} was not done within ${MOST_MS / 1_000} s`) : error;
  });
}

function describe(certificate: Certificate): string[] {
  const [found, remaining] = [sumOfStores(certificate, 'found'), sumOfStores(certificate, 'remaining')];
  return [
    `Certificate ${certificate.purge_id} of tenant ${certificate.tenant_id}:`,
    `  ${certificate.stores.length} stores, ${found} things found, ${remaining} remaining; keys destroyed: ${certificate.keys_destroyed.length}`,
    ...certificate.not_covered.map((one) => `  not covered: ${one}`),
  ];
}
