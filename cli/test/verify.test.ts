import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { appendLink, auditDigest, auditHash, canonicalize } from '@sallyport/chain';

const BIN = fileURLToPath(new URL('../bin/sallyport.mjs', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'sp-verify-'));
after(() => rmSync(root, { recursive: true, force: true }));

interface Stored {
  seq: number;
  type: string;
  data_b64: string | null;
  salt_b64: string | null;
  data_state: string;
  hash: string;
  [name: string]: unknown;
}

function chain(count: number): { header: Record<string, unknown>; events: Stored[] } {
  const events: Stored[] = [];
  let prev: Uint8Array | null = null;
  for (let seq = 0; seq < count; seq++) {
    const envelope = {
      id: `e${seq}`,
      tenant_id: 'tenant',
      run_id: 'run',
      type: 'step.started',
      version: 1,
      time: '2026-01-01T00:00:00.000Z',
      actor: { kind: 'agent', id: 'a' },
    };
    const salt = randomBytes(16);
    const bytes = Buffer.from(canonicalize({ step: seq, name: 'model' }));
    const link = appendLink({ prev, seq, envelope, salt, bytes });
    events.push({
      ...envelope,
      seq,
      data_b64: bytes.toString('base64'),
      salt_b64: salt.toString('base64'),
      data_digest: Buffer.from(link.dataDigest).toString('hex'),
      data_state: 'present',
      prev_hash: prev === null ? null : Buffer.from(prev).toString('hex'),
      hash: Buffer.from(link.hash).toString('hex'),
    });
    prev = link.hash;
  }
  const head = events.at(-1)?.hash ?? null;
  return { header: { sallyport_export: 1, tenant_id: 'tenant', run_id: 'run', last_seq: count - 1, head }, events };
}

type Chain = ReturnType<typeof chain>;

function text({ header, events }: Chain): string {
  return [header, ...events].map((line) => `${JSON.stringify(line)}\n`).join('');
}

function save(name: string, content: string | Uint8Array): string {
  writeFileSync(join(root, name), content);
  return join(root, name);
}

/** No server, no key, no data folder: the environment holds nothing of ours. */
function verify(args: readonly string[], stdin = ''): { status: number | null; stdout: string; stderr: string } {
  const env = { PATH: process.env.PATH ?? '', HOME: root };
  return spawnSync(process.execPath, [BIN, 'verify', ...args], { input: stdin, encoding: 'utf8', env });
}

const whole = chain(4);

test('whole chains are verified from files and from stdin', () => {
  const done = verify([save('one', text(whole)), '-'], text(chain(2)));
  assert.equal(done.stderr, '');
  assert.match(
    done.stdout,
    new RegExp(`one: run run: intact, 4 events, none removed, head ${whole.events[3]?.hash}\n`),
  );
  assert.match(done.stdout, /-: run run: intact, 2 events/);
  assert.equal(done.status, 0);
});

test('removed payloads leave the chain whole and are counted', () => {
  const removed = structuredClone(whole);
  Object.assign(removed.events[1] ?? {}, { data_b64: null, salt_b64: null, data_state: 'erased' });
  const done = verify(['--json', save('removed', text(removed))]);
  const said = JSON.parse(done.stdout) as Record<string, unknown>;
  assert.deepEqual([said.ok, said.count, said.payloadsRemoved, done.status], [true, 4, 1, 0]);
});

const BROKEN: readonly [string, (broken: Chain) => void, RegExp][] = [
  [
    'a changed payload',
    ({ events }) => Object.assign(events[2] ?? {}, { data_b64: Buffer.from('{"step":9}').toString('base64') }),
    /BROKEN at seq 2: payload/,
  ],
  [
    'a changed type',
    ({ events }) => Object.assign(events[1] ?? {}, { type: 'run.succeeded' }),
    /BROKEN at seq 1: hash/,
  ],
  ['an event that was taken out', ({ events }) => events.splice(1, 1), /BROKEN at seq 1: sequence/],
  ['a cut end', ({ events }) => events.pop(), /BROKEN at seq 3: missing/],
  ['another head', ({ header }) => Object.assign(header, { head: '0'.repeat(64) }), /BROKEN at seq 3: head/],
];
for (const [what, tamper, sentence] of BROKEN)
  test(`${what} breaks the chain at its seq and ends with 1`, () => {
    const broken = structuredClone(whole);
    tamper(broken);
    const done = verify([save('broken', text(broken))]);
    assert.match(done.stdout, sentence);
    assert.equal(done.status, 1);
  });

/** The audit log of the tenant, with one record: the run ended with this head. */
function auditOf(lastSeq: number, head: unknown, tenant = 'tenant'): string {
  const record = {
    id: 'r0',
    tenant_id: tenant,
    time: '2026-01-01T00:00:00.000Z',
    actor: { kind: 'run', id: 'run' },
    on_behalf_of: null,
    action: 'run.ended',
    object: { kind: 'run', id: 'run' },
    outcome: 'success',
    reason: null,
    request_id: null,
    detail: { status: 'succeeded', last_seq: lastSeq, head },
  } as const;
  const hash = auditHash(null, 0, auditDigest(record));
  const header = { sallyport_audit: 1, tenant_id: tenant, last_seq: 0, head: hash };
  return [header, { ...record, seq: 0, prev_hash: null, hash }].map((line) => `${JSON.stringify(line)}\n`).join('');
}

test('a cut end under a header made anew is found by the audit log beside it, and by nothing else', () => {
  const cut = structuredClone(whole);
  cut.events.pop();
  Object.assign(cut.header, { last_seq: 2, head: cut.events[2]?.hash });
  const [run, log] = [save('cut-anew', text(cut)), save('audit', auditOf(3, whole.events[3]?.hash))];
  assert.equal(verify([run]).status, 0);
  for (const files of [
    [run, log],
    [log, run],
  ]) {
    const done = verify(files);
    assert.match(done.stdout, /cut-anew: run run: BROKEN at seq 3: head/);
    assert.equal(done.status, 1);
  }
  const other = save('audit-other', auditOf(3, whole.events[3]?.hash, 'another'));
  assert.equal(verify([run, other]).status, 0, 'the log of another tenant says nothing of it');
});

test('a run that goes on after its end as the audit log says is whole, and so is one that the log does not know', () => {
  const log = save('audit-earlier', auditOf(2, whole.events[2]?.hash));
  const done = verify([save('whole', text(whole)), log]);
  assert.match(done.stdout, /whole: run run: intact, 4 events, .*, as the audit log says\n/);
  assert.equal(done.status, 0);
  const json = verify(['--json', save('whole', text(whole)), log]).stdout.split('\n')[0] ?? '';
  assert.equal((JSON.parse(json) as { audited: unknown }).audited, true);
});

test('what is no export ends with 65, and a broken chain beside it with 1', () => {
  const cut = text(whole);
  const strange: readonly (string | Uint8Array)[] = [
    '',
    'hello',
    '[]',
    '{"a":1}\n',
    Uint8Array.of(0xff, 0xfe),
    cut.slice(0, -20),
  ];
  for (const [at, content] of strange.entries()) {
    const done = verify([save(`strange-${at}`, content)]);
    assert.equal(done.status, 65, `${at}: ${done.stdout}${done.stderr}`);
    assert.match(done.stderr, /no export/);
  }
  const broken = structuredClone(whole);
  broken.events.pop();
  assert.equal(verify([save('hello', 'hello'), save('cut', text(broken))]).status, 1);
});

test('a file that is not there ends with 66', () => {
  const done = verify([join(root, 'nowhere')]);
  assert.deepEqual([done.status, done.stdout], [66, '']);
  assert.match(done.stderr, /nowhere cannot be read \(ENOENT\)/);
});

test('hostile text of an export is shown inert', () => {
  const evil = structuredClone(whole);
  evil.header.run_id = 'run\x1b]0;x\x07';
  const done = verify([save('evil', text(evil))]);
  assert.ok(!done.stdout.includes('\x1b'));
  assert.match(done.stdout, /run‹U\+001B›\]0;x‹U\+0007›: BROKEN/);
});
