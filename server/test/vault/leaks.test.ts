// A whole run over canaries, then every byte of every table and every file: none of them may stand there in clear.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { listEntities } from '../../src/entities/entities.ts';
import { enterKeyed, fingerprint, recordAnswer } from '../../src/idempotency/idempotency.ts';
import { getRun } from '../../src/runs/runs.ts';
import { openWorkbench, serveSite, type Workbench } from '../workbench.ts';

const TASK = 'canary-task-7f31';
const PAGE = 'canary-page-a2c9';
const TITLE = 'canary-title-55d0';
const PATH = 'canary-path-91bb';
const DOCUMENT = 'canary-document-c04e';
const FILE = 'canary-file-6a77';
const ANSWER = 'canary-answer-e812';
const CANARIES = [TASK, PAGE, TITLE, PATH, DOCUMENT, FILE, ANSWER];
const UPLOAD = `# Notes\n\n${`The ${DOCUMENT} is in here. `.repeat(30)}`;

/** What a dump of the table holds: every row as text, where bytes are hexadecimal. */
async function dumpTables(bench: Workbench): Promise<Map<string, string>> {
  const { rows: tables } = await bench.database.admin(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('app', 'sys', 'sallyport_meta') and c.relkind in ('r', 'p') order by 1`,
  );
  const dump = new Map<string, string>();
  for (const { name } of tables) {
    const { rows } = await bench.database.admin(`select t::text as line from ${String(name)} t`);
    dump.set(String(name), rows.map((row) => String(row.line)).join('\n'));
  }
  return dump;
}

async function filesBelow(root: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.map(async (file) => [file, await readFile(file)] as const)));
}

const formsOf = (canary: string): string[] => {
  const digest = createHash('sha256').update(UPLOAD).digest('hex');
  const bytes = Buffer.from(canary);
  return [
    canary,
    bytes.toString('hex'),
    bytes.toString('base64').slice(0, 16),
    ...(canary === DOCUMENT ? [digest] : []),
  ];
};

/** `canary in place`, for each that is found. */
async function leaks(bench: Workbench): Promise<string[]> {
  const found: string[] = [];
  const tables = await dumpTables(bench);
  const files = await filesBelow(bench.blobRoot);
  assert.ok(tables.size >= 15 && files.size >= 3, `${tables.size} tables, ${files.size} files`);
  for (const canary of CANARIES)
    for (const form of formsOf(canary)) {
      for (const [name, text] of tables) if (text.includes(form)) found.push(`${canary} in ${name}`);
      for (const [name, bytes] of files) if (bytes.includes(form)) found.push(`${canary} in ${name}`);
    }
  return found;
}

async function runOverCanaries(sealing: boolean, look: (bench: Workbench) => Promise<void>): Promise<void> {
  const body = `<h1>${TITLE}</h1><p>${`One reads ${PAGE} here, in a sentence that is long enough. `.repeat(100)}</p>`;
  const site = await serveSite((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(
      `<!doctype html><html><head><title>${TITLE}</title></head><body><article>${body}</article></body></html>`,
    );
  });
  const bench = await openWorkbench({ ports: [site.port], sealing });
  try {
    bench.start();
    const document = await bench.upload(UPLOAD, 'text/markdown', `${FILE}.md`);
    const url = `${site.url}/${PATH}`;
    const id = await bench.createRun({ task: `Digest it: ${TASK}.`, urls: [url], artifacts: [document] });
    const run = await bench.ended(id);
    assert.equal(run.status, 'succeeded', JSON.stringify((await bench.events(id)).at(-1)));
    const scope = bench.database.api.tenant(bench.alice);
    const request = { principal: 'p', route: 'POST /v1/runs', key: 'k', fingerprint: fingerprint({ task: ANSWER }) };
    await bench.database.api.atomic(bench.alice, async (tx) => {
      await enterKeyed(tx, request);
      await recordAnswer(tx, request, { status: 201, body: JSON.stringify({ id, task: ANSWER }) });
    });
    // All of it is there for its owner, and the chain holds.
    assert.match((await getRun(scope, id)).task, new RegExp(TASK));
    assert.equal((await bench.verify(id)).ok, true);
    const entities = await listEntities(scope, { runId: id, limit: 10 });
    assert.ok(entities.some((entity) => entity.attributes.title === TITLE));
    assert.ok(JSON.stringify(await bench.events(id)).includes(PATH));
    await look(bench);
  } finally {
    await bench.close();
    await site.close();
  }
}

test('after a whole run no table and no file holds in clear what was said, read or written', () =>
  runOverCanaries(true, async (bench) => assert.deepEqual(await leaks(bench), [])));

test('with sealing removed every canary is found, in each table that holds content and in the files', () =>
  runOverCanaries(false, async (bench) => {
    const found = await leaks(bench);
    for (const canary of CANARIES)
      assert.ok(
        found.some((one) => one.startsWith(`${canary} in`)),
        canary,
      );
    for (const table of ['app.runs', 'app.events', 'app.artifacts', 'app.entities', 'app.idempotency', bench.blobRoot])
      assert.ok(
        found.some((one) => one.includes(` in ${table}`)),
        table,
      );
  }));

test('what is known in clear tells nothing of a payload: a guess cannot be tested against a digest in the tables', () =>
  runOverCanaries(true, async (bench) => {
    const { rows } = await bench.database.admin('select salt, data_digest from app.events');
    assert.ok(rows.length > 5);
    for (const row of rows) assert.equal(row.salt, null);
    const { rows: stored } = await bench.database.admin('select fingerprint from app.idempotency');
    const plain = Buffer.from(fingerprint({ task: ANSWER })).toString('hex');
    assert.notEqual(Buffer.from(stored[0]?.fingerprint as Uint8Array).toString('hex'), plain);
  }));
