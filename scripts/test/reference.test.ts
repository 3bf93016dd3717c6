import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SETTINGS } from '../../server/src/settings.ts';
import { printReference } from '../print-reference.ts';

const FOLDER = fileURLToPath(new URL('../../docs/reference/', import.meta.url));

test('the pages of docs/reference are those that the tables of the product make now', () => {
  const pages = printReference();
  assert.deepEqual(readdirSync(FOLDER).toSorted(), Object.keys(pages).toSorted());
  for (const [name, text] of Object.entries(pages))
    assert.equal(readFileSync(`${FOLDER}${name}`, 'utf8'), text, `${name} is stale; run: npm run reference`);
});

test('the example and the fallback of every setting are taken by that setting itself', () => {
  for (const setting of Object.values(SETTINGS)) {
    if (setting.example !== '(a secret)') assert.notEqual(setting.parse(setting.example), undefined, setting.env);
    if ('fallback' in setting) assert.notEqual(setting.parse(setting.fallback), undefined, setting.env);
  }
});
