import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkGlobals } from '../checks/globals.ts';
import { checkImports } from '../checks/imports.ts';
import { judge } from './tree.ts';

const DB = { 'server/src/db/db.ts': "import pg from 'pg';\nexport const db = pg;\n" };

const IMPORT_FAULTS: readonly (readonly [string, string, string, RegExp])[] = [
  ['an arrow up', 'server/src/db/a.ts', "import { x } from '../runs/runs.ts';", /an arrow up, floor 1/],
  ['an arrow up for a type', 'server/src/db/a.ts', "import type { X } from '../runs/runs.ts';", /an arrow up/],
  ['an arrow up, awaited', 'server/src/db/a.ts', "const { x } = await import('../runs/runs.ts');", /an arrow up/],
  ['a room beside its door', 'server/src/runs/a.ts', "import { x } from '../db/row.ts';", /beside its door/],
  ['a room without a floor', 'server/src/attic/a.ts', "import { x } from '../db/db.ts';", /without a floor: attic/],
  [
    'a package beside its door',
    'server/src/runs/a.ts',
    "import pg from 'pg';",
    /pg may be imported only in server\/src\/db/,
  ],
  ['the type of a package', 'server/src/runs/a.ts', "import type pg from 'pg';", /pg may be imported only/],
  [
    'a package, awaited in a hole',
    'server/src/runs/a.ts',
    "const a = `${await import('pg')}`;",
    /pg may be imported only/,
  ],
  ['a package, required', 'server/src/runs/a.ts', "const pg = require('pg/lib/client');", /pg may be imported only/],
  ['a package, passed on', 'server/src/runs/a.ts', "export { Client } from 'pg';", /pg may be imported only/],
  ['a scope', 'client/src/a.ts', "import { x } from '@ai-sdk/openai';", /@ai-sdk may be imported only/],
  ['a raw module', 'client/src/a.ts', "import http from 'node:http';", /node:http may be imported only/],
  ['a raw module by its old name', 'client/src/a.ts', "import http from 'http';", /node:http may be imported only/],
  ['a package that nobody placed', 'server/src/runs/a.ts', "import x from 'left-pad';", /left-pad has no door/],
  ['a computed import', 'server/src/runs/a.ts', 'const m = await import(name);', /computed import/],
  [
    'a confined name',
    'server/src/http/a.ts',
    "import { isUuid, mint as m } from '../ids.ts';",
    /mint of server\/src\/ids.ts/,
  ],
  [
    'a confined name, by all',
    'server/src/http/a.ts',
    "import * as ids from '../ids.ts';",
    /mint of .* only in server\/src\/runs/,
  ],
  ['a confined name, awaited', 'server/src/http/a.ts', "const { mint } = await import('../ids.ts');", /mint of/],
  ['a confined name, passed on', 'server/src/runs/a.ts', "export { mint } from '../ids.ts';", /may not be passed on/],
];

for (const [what, path, text, fault] of IMPORT_FAULTS)
  test(`an import is refused: ${what}`, async () => {
    const faults = await judge(checkImports, { ...DB, [path]: `${text}\n` });
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', fault);
  });

test('a circle is refused, even one of types alone', async () => {
  const circle = (kind: string) => ({
    'client/src/a.ts': "import { b } from './b.ts';\n",
    'client/src/b.ts': `${kind} { a } from './a.ts';\n`,
  });
  assert.match(
    (await judge(checkImports, circle('import')))[0] ?? '',
    /a circle: client\/src\/a.ts -> client\/src\/b.ts/,
  );
  assert.match(
    (await judge(checkImports, circle('import type')))[0] ?? '',
    /a circle: client\/src\/a.ts -> client\/src\/b.ts/,
  );
});

test('what falls, comes by its door or is only said in a comment or a text is allowed', async () => {
  const faults = await judge(checkImports, {
    ...DB,
    'server/src/runs/runs.ts': [
      "import { db } from '../db/db.ts';",
      "import { mint } from '../ids.ts';",
      "import { readFile } from 'node:fs/promises';",
      "import { thing } from '@sallyport/contracts';",
      "// import pg from 'pg';",
      'const said = "import pg from \'pg\'", divided = 4 / 2, quote = /[\'"`/]/;',
      'export const inner = `${said} import("pg")`;',
      'export type { thing };',
    ].join('\n'),
    'server/test/a.test.ts': "import pg from 'pg';\nimport { x } from '../src/db/row.ts';\n",
  });
  assert.deepEqual(faults, []);
});

const GLOBAL_FAULTS = [
  'await fetch(url);',
  'void 0; fetch(url);',
  'const get = { fetch };',
  'run(fetch);',
  'const get = globalThis.fetch;',
  "const get = globalThis['fet' + 'ch'];",
  'new WebSocket(url);',
  'const stream = new EventSource(url);',
  "process.getBuiltinModule('net');",
  "const go = `${eval('1')}`;",
];
for (const text of GLOBAL_FAULTS)
  test(`a way to the network is refused: ${text}`, async () => {
    for (const path of ['server/src/runs/a.ts', 'libs/flow/src/a.ts'])
      assert.equal((await judge(checkGlobals, { [path]: `${text}\n` })).length, 1, path);
    for (const path of ['libs/egress/src/a.ts', 'client/src/a.ts', 'server/test/a.test.ts'])
      assert.deepEqual(await judge(checkGlobals, { [path]: `${text}\n` }), [], path);
  });

test("a member, a property's name and a method's declaration are no use of the global", async () => {
  const text = [
    'const page = await egress.fetch(url);',
    'interface Guard { fetch(url: string): Promise<void>; readonly eval: string }',
    'const guard = { fetch: own, async fetch(url) { return url; } };',
    'function through(): typeof fetch { return own; }',
    "// fetch(url)\nconst said = 'fetch(url)';",
  ];
  assert.deepEqual(await judge(checkGlobals, { 'server/src/runs/a.ts': text.join('\n') }), []);
});
