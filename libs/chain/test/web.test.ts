// The verifier for browsers and the one for Node.js give the same verdict on the same export, good or altered.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
  appendLink,
  auditDigest,
  auditHash,
  canonicalize,
  type ExportedEvent,
  parseAuditExport,
  parseExport,
  verifyAudit,
  verifyChain,
} from '../src/chain.ts';
import { verifyAuditExport, verifyExport } from '../src/web.ts';

const TENANT = '0198f2aa-0000-7000-8000-000000000001';
const RUN = '0198f2aa-0000-7000-8000-000000000002';

function makeLines(count: number): string[] {
  let prev: Uint8Array | null = null;
  const lines: string[] = [];
  for (let seq = 0; seq < count; seq++) {
    const actor = { kind: 'tool', id: 'web.scrape' };
    const time = '2026-11-01T00:00:00.000Z';
    const envelope = {
      id: `e${seq}`,
      tenant_id: TENANT,
      run_id: RUN,
      type: 'step.started',
      version: 1,
      time,
      actor,
      ...(seq % 3 === 0 ? { ext: { note: 'grün 🏰' } } : {}),
    };
    const salt = Buffer.alloc(16, seq + 1);
    const bytes = Buffer.from(canonicalize({ step: seq, name: 'modèle' }));
    const link = appendLink({ prev, seq, envelope, salt, bytes });
    const hash = Buffer.from(link.hash).toString('hex');
    lines.push(
      JSON.stringify({
        ...envelope,
        seq,
        data_b64: bytes.toString('base64'),
        salt_b64: salt.toString('base64'),
        data_state: 'present',
        data_digest: Buffer.from(link.dataDigest).toString('hex'),
        prev_hash: prev === null ? null : Buffer.from(prev).toString('hex'),
        hash,
      }),
    );
    prev = link.hash;
  }
  const head = prev === null ? null : Buffer.from(prev).toString('hex');
  return [JSON.stringify({ sallyport_export: 1, tenant_id: TENANT, run_id: RUN, last_seq: count - 1, head }), ...lines];
}

type Change = (event: Record<string, unknown>) => void;
const CHANGES: Readonly<Record<string, Change>> = {
  'another type': (event) => {
    event.type = 'step.completed';
  },
  'another payload': (event) => {
    event.data_b64 = 'e30=';
  },
  'base64 in another spelling': (event) => {
    event.data_b64 = `${String(event.data_b64)}\n`;
  },
  'text that is no base64': (event) => {
    event.salt_b64 = '!!';
  },
  'a digest that is none': (event) => {
    event.data_digest = 'x';
  },
  'another run': (event) => {
    event.run_id = TENANT;
  },
  'another predecessor': (event) => {
    event.prev_hash = '0'.repeat(64);
  },
  'another hash': (event) => {
    event.hash = '0'.repeat(64);
  },
  'a payload that went without a word': (event) => {
    event.data_b64 = null;
  },
  'a payload that was removed': (event) => {
    Object.assign(event, { data_b64: null, salt_b64: null, data_state: 'erased' });
  },
};

async function both(lines: readonly string[]): Promise<void> {
  const [node, web] = await Promise.all([parseExport(lines).then(verifyChain), verifyExport(lines)]);
  assert.deepEqual(web, node);
}

test('both verifiers accept a whole export and count it alike', async () => {
  const verdict = await verifyExport(makeLines(9));
  assert.equal(verdict.ok, true);
  await both(makeLines(9));
  await both(makeLines(1));
});

for (const [name, change] of Object.entries(CHANGES))
  test(`both verifiers say the same of an export with ${name}`, async () => {
    const lines = makeLines(5);
    const event = JSON.parse(lines[3] ?? '') as ExportedEvent & Record<string, unknown>;
    change(event);
    lines[3] = JSON.stringify(event);
    await both(lines);
    const verdict = await verifyExport(lines);
    assert.equal(verdict.ok, name === 'a payload that was removed');
  });

test('both verifiers miss an event that is cut out, cut off or put elsewhere', async () => {
  const lines = makeLines(6);
  for (const cut of [
    lines.toSpliced(3, 1),
    lines.slice(0, -1),
    lines.toSpliced(2, 2, lines[3] ?? '', lines[2] ?? ''),
  ]) {
    await both(cut);
    assert.equal((await verifyExport(cut)).ok, false);
  }
});

test('what the browser loads imports no module of Node.js', async () => {
  const seen = new Set<string>();
  const walk = async (name: string): Promise<void> => {
    if (seen.has(name)) return;
    seen.add(name);
    const text = await readFile(new URL(`../src/${name}`, import.meta.url), 'utf8');
    assert.doesNotMatch(text, /from 'node:|\bBuffer\b/, name);
    for (const [, next] of text.matchAll(/from '\.\/([^']+)'/g)) await walk(next ?? '');
  };
  await walk('web.ts');
  assert.ok(seen.has('judge.ts') && seen.has('canonical.ts'));
});

function auditLines(count: number): string[] {
  const lines: string[] = [];
  let previous: string | null = null;
  for (let seq = 0; seq < count; seq++) {
    const record = {
      id: `a${seq}`,
      tenant_id: TENANT,
      time: `2026-11-01T00:0${seq}:00.000Z`,
      actor: { kind: 'user', id: 'u' },
      on_behalf_of: null,
      action: 'key.created',
      object: seq % 2 === 0 ? null : { kind: 'key', id: `k${seq}` },
      outcome: 'success' as const,
      reason: null,
      request_id: null,
      detail: { note: 'grün 🏰' },
    };
    const hash = auditHash(previous, seq, auditDigest(record));
    lines.push(JSON.stringify({ ...record, seq, prev_hash: previous, hash }));
    previous = hash;
  }
  return [JSON.stringify({ sallyport_audit: 1, tenant_id: TENANT, last_seq: count - 1, head: previous }), ...lines];
}

const AUDIT_CHANGES: Readonly<Record<string, Change>> = {
  'another act': (record) => {
    record.action = 'key.revoked';
  },
  'another tenant': (record) => {
    record.tenant_id = RUN;
  },
  'another predecessor': (record) => {
    record.prev_hash = '0'.repeat(64);
  },
  'another place': (record) => {
    record.seq = 7;
  },
  'a clock that goes back': (record) => {
    record.time = '2020-01-01T00:00:00.000Z';
  },
};

test('the audit chain has one verdict in browsers and in Node.js, whole, altered, cut and reordered', async () => {
  const whole = auditLines(4);
  const altered = Object.values(AUDIT_CHANGES).map((change) => {
    const record = JSON.parse(whole[2] ?? '') as Record<string, unknown>;
    change(record);
    return whole.with(2, JSON.stringify(record));
  });
  const others = [whole.slice(0, -1), whole.toSpliced(2, 1), whole.with(1, whole[2] ?? '').with(2, whole[1] ?? '')];
  assert.equal((await verifyAuditExport(whole)).ok, true);
  for (const lines of [...altered, ...others]) {
    const verdict = await verifyAuditExport(lines);
    assert.equal(verdict.ok, false);
    assert.deepEqual(verdict, await verifyAudit(await parseAuditExport(lines)));
  }
});

test('an audit record that is none breaks the chain, and an export without its header is refused', async () => {
  const [header = '', first = ''] = auditLines(2);
  const { actor: _actor, ...bare } = JSON.parse(first) as Record<string, unknown>;
  const verdict = await verifyAuditExport([header, JSON.stringify(bare)]);
  assert.deepEqual([verdict.ok, verdict.ok ? '' : verdict.code], [false, 'hash']);
  for (const lines of [[], [first], ['{"sallyport_export":1}']])
    await assert.rejects(verifyAuditExport(lines), { code: 'bad_export' });
});
