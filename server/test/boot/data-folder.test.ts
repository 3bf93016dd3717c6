// A data folder that others may write to could hold keys that they planted, or names that lead elsewhere.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { openDataFolder } from '../../src/boot/boot.ts';

const ROOT = process.getuid?.() === 0 ? {} : { skip: 'only root can give a file away' };
const made: string[] = [];
let path = '';

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'sallyport-folder-'));
  made.push(path);
});
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

const refused = (words: RegExp): ((error: unknown) => boolean) => {
  return (error) => {
    assert.equal((error as { code?: string }).code, 'wrong_owner');
    assert.match((error as Error).message, words);
    return true;
  };
};

test('a folder of our own is opened, and its keys are closed to others', () => {
  mkdirSync(join(path, 'keys'), { mode: 0o755 });
  const secret = openDataFolder(path).secret('pepper-1');
  assert.equal(secret.length, 32);
  assert.equal(lstatSync(join(path, 'keys')).mode & 0o777, 0o700);
  assert.deepEqual(openDataFolder(path).secret('pepper-1'), secret);
});

test('a folder that others may write to is refused with the command that mends it', () => {
  for (const mode of [0o777, 0o770, 0o702]) {
    chmodSync(path, mode);
    assert.throws(() => openDataFolder(path), refused(/chmod go-w/), mode.toString(8));
  }
  chmodSync(path, 0o755);
  openDataFolder(path);
});

test('a folder of keys that leads elsewhere is refused, and what it leads to is left alone', () => {
  const elsewhere = join(path, 'elsewhere');
  mkdirSync(elsewhere, { mode: 0o755 });
  symlinkSync(elsewhere, join(path, 'keys'));
  assert.throws(() => openDataFolder(path), refused(/is not a folder/));
  assert.equal(lstatSync(elsewhere).mode & 0o777, 0o755);
});

test('a folder of somebody else is refused', ROOT, () => {
  chownSync(path, 12_345, 12_345);
  assert.throws(() => openDataFolder(path), refused(/belongs to uid 12345/));
});

test('a key that is a link, or the file of somebody else, is not believed', () => {
  const folder = openDataFolder(path);
  const planted = join(path, 'planted');
  writeFileSync(planted, 'ab'.repeat(32), { mode: 0o600 });
  symlinkSync(planted, join(path, 'keys', 'pepper-1'));
  assert.throws(() => folder.secret('pepper-1'), refused(/is not a file of uid/));
  if (process.getuid?.() !== 0) return;
  writeFileSync(join(path, 'keys', 'links-1'), 'ab'.repeat(32), { mode: 0o600 });
  chownSync(join(path, 'keys', 'links-1'), 12_345, 12_345);
  assert.throws(() => folder.secret('links-1'), refused(/is not a file of uid/));
});
