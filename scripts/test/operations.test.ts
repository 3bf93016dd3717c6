import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Each row of a page's table: its id, and what holds it. */
const PAGES: readonly (readonly [string, RegExp, number])[] = [
  ['first-ten-minutes.md', /^\| (S\d+) \| .+? \| (.+) \|$/gm, 15],
  ['security.md', /^\| ([A-Z][^|]*) \| .+? \| (.+) \|$/gm, 30],
];

for (const [name, row, least] of PAGES)
  test(`every test that ${name} names is there, by file and by its words`, () => {
    const page = readFileSync(`${ROOT}docs/operations/${name}`, 'utf8');
    const rows = [...page.matchAll(row)];
    assert.ok(rows.length >= least);
    for (const [, id = '', held = ''] of rows) {
      const named = [...held.matchAll(/`([\w/-]+\.test\.ts)`: (.*?)(?=\. `|\. Open|$)/g)];
      assert.ok(named.length > 0, `${id} names no test`);
      for (const [, file = '', words = ''] of named) {
        const source = readFileSync(`${ROOT}${file}`, 'utf8');
        const titles = [...source.matchAll(/\btest\(\s*(['"`])([\s\S]*?)\1,/g)].map((match) => match[2] ?? '');
        // A title may hold a semicolon of its own: what is left after all known titles are taken out must be separators.
        const rest = titles.reduce((text, title) => text.replace(title, ''), words);
        assert.match(rest, /^[; ]*$/, `${id}: ${file} has no test called: ${rest}`);
        assert.notEqual(rest, words, `${id}: ${file}`);
      }
    }
  });
