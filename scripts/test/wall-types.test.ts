// The types of the wall have teeth: weaken one, and the compiler says that a line which must not compile now does.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILES = ['server/test/db/wall.types.test.ts'];
let copy: string;

before(() => {
  copy = mkdtempSync(join(tmpdir(), 'sallyport-types-'));
  for (const name of ['server/src', 'server/test/db', 'server/package.json', 'package.json', 'tsconfig.json'])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const own = { extends: './tsconfig.json', include: [], files: FILES };
  writeFileSync(join(copy, 'tsconfig.wall.json'), JSON.stringify(own));
});
after(() => rmSync(copy, { recursive: true, force: true }));

function compile(): Promise<string> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [tsc, '-p', 'tsconfig.wall.json', '--pretty', 'false'],
      { cwd: copy },
      (_error, stdout) => resolve(stdout),
    );
  });
}
const ofTheFile = (output: string): string[] => output.split('\n').filter((line) => line.startsWith(FILES[0] ?? '-'));

test('the types stand', async () => {
  assert.deepEqual(ofTheFile(await compile()), []);
});

const WEAKER: readonly (readonly [string, string, string, string])[] = [
  ['a statement always counts as walled', 'server/src/db/sql.ts', ': false;\n\nfunction', ': true;\n\nfunction'],
  [
    'a union passes as a wall',
    'server/src/db/sql.ts',
    "[First] extends [Wall | Statement<'walled'>]",
    "(Extract<First, Wall | Statement<'walled'>> extends never ? false : true) extends true",
  ],
  ['optional parts may be walled', 'server/src/db/sql.ts', "(Statement<'open'> | false", '(Statement | Wall | false'],
  ['look-alikes pass', 'server/src/db/sql.ts', 'readonly [made]: true;', ''],
  [
    'a scope takes any statement',
    'server/src/db/scope.ts',
    "run(statement: Statement<'walled'>)",
    'run(statement: Statement)',
  ],
  ['a scope passes as a transaction', 'server/src/db/scope.ts', 'readonly [open]: true;', ''],
  [
    'a tenant scope for any principal',
    'server/src/db/db.ts',
    'tenant(principal: TenantPrincipal)',
    'tenant(principal: unknown)',
  ],
  ['a plain object passes as a principal', 'server/src/principal.ts', 'readonly [minted]: true;', ''],
  ['an id is a text', 'server/src/ids.ts', 'string & { readonly [brand]: Name }', 'string'],
];
for (const [what, file, from, to] of WEAKER)
  test(`the compiler fails when ${what}`, async () => {
    const standing = readFileSync(join(copy, file), 'utf8');
    assert.ok(standing.includes(from), `${file} no longer holds ${from}`);
    writeFileSync(join(copy, file), standing.replace(from, to));
    try {
      const unused = ofTheFile(await compile()).filter((line) => line.includes('TS2578'));
      assert.ok(unused.length > 0);
    } finally {
      writeFileSync(join(copy, file), standing);
    }
  });
