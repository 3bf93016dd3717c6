// Doors are arguments of the parts that have them (DEC-011). What ships makes those parts without such an argument, and no setting of a
// deployment is handed on as one: held by reading every place where a part with doors is made.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../server/src/config.ts';

/** How many arguments a shipped call has, and the names that may not stand in them. */
const MAKERS: Readonly<Record<string, { readonly most: number; readonly never: RegExp }>> = {
  createDatabase: { most: 1, never: /\bdoors\b|\bonStatement\b/ },
  createEgressGuard: { most: 1, never: /\bdoors\b|\bmode\b|\bdangerously/ },
  createBilling: { most: 1, never: /\bdoors\b/ },
  createLinks: { most: 2, never: /\bdoors\b/ },
  createLog: { most: 1, never: /\bfields\b|\bredaction\b|\bredactor\b/ },
  openVault: { most: 1, never: /\bdoors\b|\bsealing\b/ },
  sealBlobs: { most: 1, never: /\bsealing\b/ },
  startWorker: { most: 1, never: /\bdoors\b/ },
  decideApproval: { most: 4, never: /\bdoors\b/ },
  purgeChores: { most: 1, never: /\bleaveOut\b|\breached\b/ },
};

/** The arguments of the call whose opening parenthesis stands at `from`. */
function argumentsAt(text: string, from: number): string[] {
  const parts = [''];
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const char = text[at] ?? '';
    if ('([{'.includes(char)) depth++;
    if (')]}'.includes(char)) depth--;
    if (depth === 0) break;
    if (depth === 1 && char === ',') parts.push('');
    else if (at > from) parts[parts.length - 1] += char;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function openedDoors(text: string): string[] {
  const found: string[] = [];
  for (const [maker, { most, never }] of Object.entries(MAKERS))
    for (const call of text.matchAll(new RegExp(`(?<!function )\\b${maker}\\(`, 'g'))) {
      const made = argumentsAt(text, call.index + call[0].length - 1);
      if (made.length > most || made.some((part) => never.test(part))) found.push(`${maker}(${made.join(', ')})`);
    }
  return found;
}

async function* shipped(): AsyncGenerator<readonly [string, string]> {
  for (const folder of ['server/src', 'cli/src', 'cli/bin', 'client/src', 'console/src', 'scripts']) {
    const root = fileURLToPath(new URL(`../../${folder}`, import.meta.url));
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && /\.(ts|tsx|mjs)$/.test(entry.name) && !/[\\/](test|checks)[\\/]/.test(path))
        yield [path, await readFile(path, 'utf8')];
    }
  }
}

test('no part that ships is made with a door removed, and each kind of part that has doors is among them', async () => {
  const met = new Set<string>();
  for await (const [path, text] of shipped()) {
    assert.deepEqual(openedDoors(text), [], path);
    for (const maker of Object.keys(MAKERS)) if (new RegExp(`(?<!function )\\b${maker}\\(`).test(text)) met.add(maker);
  }
  assert.deepEqual([...met].sort(), Object.keys(MAKERS).sort());
});

test('every kind of door that the code knows is one that this test looks for', async () => {
  const kinds: string[] = [];
  for await (const [path, text] of shipped())
    for (const [, name = ''] of text.matchAll(/interface (\w*Doors)\b/g))
      kinds.push(`${name} in ${path.split('/src/')[1]}`);
  assert.deepEqual(kinds.sort(), [
    'AgentDoors in agent/context.ts',
    'ApprovalDoors in approvals/decide-approval.ts',
    'BillingDoors in billing/billing-doors.ts',
    'BlobDoors in blobs/sealed.ts',
    'Doors in db/scope.ts',
    'GatewayDoors in tools/tool.ts',
    'LinkDoors in links/links.ts',
    'VaultDoors in vault/vault.ts',
  ]);
});

test('the agent, whose doors are a part of what it is handed, is handed none', async () => {
  for (const file of ['main.ts', 'node-parts.ts', 'upkeep.ts']) {
    const text = await readFile(fileURLToPath(new URL(`../../server/src/${file}`, import.meta.url)), 'utf8');
    assert.doesNotMatch(text, /\bdoors\b/i, file);
  }
});

const BROKEN = [
  'createBilling({ db, doors: { ...ALL, signature: config.stripeMode === "live" } })',
  'createEgressGuard({ maxRedirects: 0 }, { outer: true, inner: config.inner })',
  'sealBlobs(backend, { sealing: false })',
  'createLinks(api, keys, doors)',
  'createLog({ level, redaction: config.redact })',
  'purgeChores({ purger, leaveOut: new Set() })',
  'createDatabase({ connect, doors })',
];
test('a part made with a door removed is seen', () => {
  for (const text of BROKEN) assert.equal(openedDoors(`const made = ${text};`).length, 1, text);
});

test('a setting that names a door does not start', () => {
  for (const name of [
    'DOORS',
    'BILLING_DOORS',
    'SEALING',
    'STRIPE_SIGNATURE',
    'ROW_SECURITY',
    'EGRESS_MODE',
    'REDACTION',
    'GRANT',
  ])
    assert.throws(
      () => readConfig({ env: { [`SALLYPORT_${name}`]: 'off' }, flags: {} }),
      { code: 'configuration' },
      name,
    );
});
