// A tenant with something in every store, its mark in every slot that takes text, and the searches that look for both everywhere.
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { insertArtifact, storeBlob } from '../../src/artifacts/artifacts.ts';
import type { BlobStore } from '../../src/blobs/blobs.ts';
import { claimEffect } from '../../src/effects/effects.ts';
import { putEgressPolicy, recordDecisions, takeCall } from '../../src/egress/egress.ts';
import { defineEntityType, saveEntity } from '../../src/entities/entities.ts';
import { append, lockRun } from '../../src/events/events.ts';
import { enterKeyed, fingerprint, recordAnswer } from '../../src/idempotency/idempotency.ts';
import {
  createKey,
  createPeppers,
  createSetupToken,
  createTenant,
  denyToken,
  firstBootOperator,
  openSession,
  parseKey,
  verifyKey,
} from '../../src/identity/identity.ts';
import { newId, type RunId, type TenantId, type WorkerId } from '../../src/ids.ts';
import { createBudget, reserve } from '../../src/limits/limits.ts';
import type { KeyPrincipal } from '../../src/principal.ts';
import { putRetention } from '../../src/retention/retention.ts';
import { createRun, finishRun, startRun } from '../../src/runs/runs.ts';
import { createSecret } from '../../src/secrets/secrets.ts';
import { uploadSkill } from '../../src/skills/skills.ts';
import type { TestDatabase } from '../database.ts';
import { skillText } from '../skill-folder.ts';

export const peppers = createPeppers(new Map([[1, Buffer.alloc(32, 7)]]));

export interface Furnished {
  readonly tenantId: TenantId;
  readonly name: string;
  /** Stands in every text and every file of the tenant. */
  readonly mark: string;
  readonly alice: KeyPrincipal;
  readonly apiKey: string;
  readonly ended: RunId;
}

const NO_SKILLS = { list: () => [], find: () => undefined };

const LABEL = { integrity: 'untrusted', confidentiality: 'private', sources: [] } as const;

export async function makeTenant(database: TestDatabase, word: string): Promise<Omit<Furnished, 'ended'>> {
  const mark = `MARK-${word}-${randomBytes(9).toString('hex')}`;
  const made = await createTenant(database.api, peppers, firstBootOperator(), mark);
  const parsed = parseKey(made.api_key);
  const verdict = parsed === undefined ? undefined : await verifyKey(database.api, peppers, parsed, Date.now());
  if (verdict?.ok !== true) throw new Error('the key of a test must be good');
  const alice = verdict.principal;
  return { tenantId: alice.tenantId, name: mark, mark, alice, apiKey: made.api_key };
}

export async function beginRun(database: TestDatabase, alice: KeyPrincipal, mark: string): Promise<RunId> {
  const urls = [`https://example.com/${mark}`];
  return database.api.atomic(alice, (tx) =>
    createRun(tx, alice, {
      skill: { name: 'web-digest', version: '1.0.0', digest: 'ab'.repeat(32) },
      model: 'rehearsal',
      task: `Read ${mark}.`,
      input: { urls },
      grant: { tools: [], hosts: [], urls, artifacts: [], entityTypes: [] },
      budget: { tokens: 1000, cost: '1.00', seconds: 60, calls: 10 },
    }),
  );
}

/** Something in every store of the inventory. */
export async function furnish(database: TestDatabase, blobs: BlobStore, word: string): Promise<Furnished> {
  const made = await makeTenant(database, word);
  const { alice, mark, tenantId } = made;
  const scope = database.api.tenant(alice);
  const ended = await beginRun(database, alice, mark);
  await database.admin(`update app.users set name = $2 where tenant_id = $1`, [tenantId, mark]);
  await database.admin(`update app.runs set status = 'running', epoch = 1 where id = $1`, [ended]);
  await database.api.atomic(alice, (tx) => startRun(tx, ended, newId<WorkerId>(), 1n));
  await database.api.atomic(alice, async (tx) => {
    const worker = { kind: 'worker', epoch: 1n } as const;
    const head = await lockRun(tx, ended, worker);
    const parts = [{ kind: 'text', text: mark } as const];
    await append(tx, head, worker, [
      {
        type: 'model.message',
        actor: { kind: 'agent', id: 'rehearsal' },
        data: { step: 1, role: 'assistant', parts, finish_reason: 'stop' },
      },
    ]);
    await claimEffect(tx, ended, { key: 'k', callId: 'c', tool: 'web.scrape', idempotent: true });
    await createBudget(tx, { name: mark, period: 'total', limit_cost: '100' });
    await reserve(tx, ended, 1, { tokens: 5, cost: '0.1' }, { id: 'p', input: '1', output: '2' });
    await createKey(tx, peppers, alice, { name: mark });
    await putRetention(tx, { page: 400 });
    await createSecret(tx, alice, { name: 's', value: mark, hosts: [`${mark}.example`] });
    await defineEntityType(tx, alice, {
      name: 'thing',
      version: 1,
      attributes: {
        type: 'object',
        properties: { id: { const: mark } },
        required: ['id'],
        additionalProperties: false,
      },
      identity: ['id'],
      title: 'id',
    });
    await uploadSkill(tx, alice, NO_SKILLS, {
      name: 'marked',
      files: [{ path: 'SKILL.md', bytes: Buffer.from(skillText({ name: 'marked', body: mark })) }],
    });
    await putEgressPolicy(tx, { deny: [`${mark}.example`], limits: [{ calls_per_minute: 9 }] });
    await takeCall(tx, 'web.scrape');
    await recordDecisions(tx, { runId: ended, callId: 'c', tool: 'web.scrape' }, [
      { verdict: 'allow', hop: 0, host: `${mark}.example`, port: 443, bytes: 1, dnsMs: 1, connectMs: 1 },
    ]);
    await denyToken(tx, { issuer: 'https://issuer.example', kind: 'token', value: mark });
  });
  for (const dataClass of ['artifact', 'page', 'upload', 'rendering'] as const) {
    const blob = await storeBlob(blobs, scope, [Buffer.from(`${mark} ${dataClass}`)]);
    const run = dataClass === 'upload' ? { userId: alice.userId } : { runId: ended, effectKey: dataClass };
    await insertArtifact(scope, blob, { ...LABEL, ...run, name: `${mark}.txt`, mediaType: 'text/plain', dataClass });
  }
  await saveEntity(scope, {
    ...LABEL,
    reference: 'page@1',
    attributes: { url: 'https://example.com/', title: mark, summary: mark },
    evidence: [],
    runId: ended,
    effectKey: 'e',
  });
  const request = { principal: alice.keyId, route: 'POST /v1/runs', key: mark, fingerprint: fingerprint({ mark }) };
  await database.api.atomic(alice, async (tx) => {
    await enterKeyed(tx, request);
    await recordAnswer(tx, request, { status: 201, body: JSON.stringify({ mark }) });
  });
  await openSession(database.api, alice);
  await createSetupToken(database.api, tenantId, alice.userId);
  await database.api.atomic(alice, (tx) =>
    finishRun(tx, ended, 1n, { status: 'succeeded', outcome: mark, artifactIds: [] }),
  );
  await fillTheRest(database, tenantId, ended);
  return { ...made, ended };
}

/** What no call of a tenant's own makes here: rows as the rooms would write them. */
async function fillTheRest(database: TestDatabase, tenantId: TenantId, runId: RunId): Promise<void> {
  const id = (prefix: string): string => `${prefix}_${tenantId.replaceAll('-', '')}`;
  const statements: readonly (readonly [string, readonly unknown[]])[] = [
    [`insert into app.billing_customers (tenant_id, mode, customer_id) values ($1, 'test', $2)`, [id('cus')]],
    [
      `insert into app.billing_events (tenant_id, mode, event_id, type, object_id) values ($1, 'test', $2, 'invoice.paid', 'in_1')`,
      [id('evt')],
    ],
    [
      `insert into app.billing_transitions (tenant_id, mode, object_id, transition) values ($1, 'test', $2, 'invoice.paid')`,
      [id('in')],
    ],
    [
      `insert into app.billing_subscriptions (tenant_id, mode, subscription_id, status, ticket) values ($1, 'test', $2, 'active', 1)`,
      [id('sub')],
    ],
    [`insert into app.billing_balances (tenant_id, mode, currency) values ($1, 'test', 'usd')`, []],
    [
      `insert into app.usage (tenant_id, id, run_id, effect_key, user_id, skill_name, model, input_tokens, output_tokens, cost, reserved_tokens, reserved_cost,
         price_id, price_input, price_output, settlement)
       select r.tenant_id, gen_random_uuid(), r.id, 'step:1', r.user_id, 's', 'm', 1, 1, 1, 2, 1, 'p', 1, 1, 'settled' from app.runs r where r.tenant_id = $1 and r.id = $2`,
      [runId],
    ],
    [
      `insert into app.artifact_links (tenant_id, id, artifact_id, user_id, disposition, expires_at)
       select a.tenant_id, gen_random_uuid(), a.id, a.user_id, 'attachment', clock_timestamp() + interval '5 minutes' from app.artifacts a where a.tenant_id = $1 and a.user_id is not null`,
      [],
    ],
    // Without sealing nobody makes a key.
    [
      `insert into app.tenant_keys (tenant_id, key_id, purpose, version, wrapped, master_version, master_fingerprint)
       select $1, gen_random_uuid()::text, p, 1, substr(sha256('w') || sha256('x'), 1, 61), 1, sha256('m') from unnest(array['content', 'index']) p`,
      [],
    ],
    [`insert into app.link_epochs (tenant_id, epoch) values ($1, 1)`, []],
    [
      `insert into app.actions (tenant_id, id, name, declaration, key_id, user_id)
       select u.tenant_id, gen_random_uuid(), 'a.b', '\\x00', 'k', u.id from app.users u where u.tenant_id = $1 limit 1`,
      [],
    ],
    [`insert into app.approval_policies (tenant_id, starter_may, seats, expires_seconds) values ($1, true, 1, 60)`, []],
    [
      `with held as (
         insert into app.approvals (tenant_id, id, run_id, call_id, tool, effect, rule, digest, card, key_id, seats, starter_may, expires_at)
         select r.tenant_id, gen_random_uuid(), r.id, 'call_1_1', 't', 'send', 'r', sha256('d'), '\\x00', 'k', 1, true, clock_timestamp() + interval '1 hour'
         from app.runs r where r.tenant_id = $1 and r.id = $2 returning tenant_id, id, run_id)
       insert into app.approval_seats (tenant_id, approval_id, user_id, verdict, key_id)
       select h.tenant_id, h.id, r.user_id, 'deny', 'k' from held h join app.runs r on r.tenant_id = h.tenant_id and r.id = h.run_id`,
      [runId],
    ],
    [`insert into app.erasures (tenant_id, run_id, last_seq) values ($1, $2, 0)`, [runId]],
  ];
  for (const [text, values] of statements) await database.admin(text, [tenantId, ...values]);
  // One record has its place, the others wait for theirs.
  await database.admin(
    `with one as (delete from app.audit_unsealed u where u.tenant_id = $1 and u.record_id = (select min(x.record_id::text)::uuid from app.audit_unsealed x where x.tenant_id = $1)
       returning u.tenant_id, u.record_id)
     insert into app.audit_chain (tenant_id, seq, record_id, hash) select o.tenant_id, 0, o.record_id, sha256('h') from one o`,
    [tenantId],
  );
}

export async function tablesOf(database: TestDatabase): Promise<string[]> {
  const { rows } = await database.admin(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_toast%' order by 1`,
  );
  return rows.map((row) => String(row.name));
}

/** Tables with a row in which the text stands, plain or as bytes. */
export async function tablesThatHold(database: TestDatabase, text: string): Promise<string[]> {
  const found: string[] = [];
  const bytes = Buffer.from(text, 'utf8').toString('hex');
  for (const name of await tablesOf(database)) {
    const { rows } = await database.admin(
      `select 1 from ${name} t where position($1 in t::text) > 0 or position($2 in t::text) > 0 limit 1`,
      [text, bytes],
    );
    if (rows.length > 0) found.push(name);
  }
  return found;
}

/** Files below a folder in whose path or bytes the text stands. */
export async function filesThatHold(root: string, text: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (path.includes(text) || (entry.isFile() && (await readFile(path)).includes(text))) found.push(path);
  }
  return found;
}

/** Count and checksum of all rows of a tenant, table by table. */
export async function checksums(database: TestDatabase, tenantId: string): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  for (const name of (await tablesOf(database)).filter((table) => table.startsWith('app.'))) {
    const { rows } = await database.admin(
      `select count(1) || ' ' || coalesce(md5(string_agg(t::text, E'\\n' order by t::text)), '') as sum from ${name} t where t.tenant_id = $1`,
      [tenantId],
    );
    sums[name] = String(rows[0]?.sum);
  }
  return sums;
}

export async function checksumOfFiles(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => `${entry.name} ${(await readFile(join(entry.parentPath, entry.name))).toString('base64')}`),
  ).then((lines) => lines.sort());
}
