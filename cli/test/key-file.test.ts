import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseArguments } from '../src/arguments.ts';
import { CONNECTION_FLAGS, type Input } from '../src/command.ts';
import { connect, connectAsOperator } from '../src/connection.ts';
import { clientEnvironment, serverEnvironment } from '../src/environment.ts';
import { type StatusName, Stop } from '../src/exit-status.ts';
import { readKeyFile } from '../src/key-file.ts';

const KEY = 'sp_live_this-is-a-test-value';
const root = mkdtempSync(join(tmpdir(), 'sp-key-'));
after(() => rmSync(root, { recursive: true, force: true }));

function file(name: string, text: string, mode = 0o600): string {
  const path = join(root, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function folder(name: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(join(root, name));
  for (const [at, text] of Object.entries(files)) file(join(name, at), text);
  return join(root, name);
}

function input(...args: string[]): Input {
  return parseArguments({ title: 't', usage: '', words: { least: 0, most: 0 }, flags: CONNECTION_FLAGS }, args);
}

function stops(status: StatusName, sentence: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof Stop && error.status === status && sentence.test(error.message) && !error.message.includes(KEY);
}

test('a private key file is read, a missing one is none', () => {
  assert.equal(readKeyFile(file('good', `${KEY}\n`)), KEY);
  assert.equal(readKeyFile(join(root, 'missing')), undefined);
});

for (const mode of [0o640, 0o604, 0o644, 0o660, 0o602, 0o610])
  test(`a key file of mode ${mode.toString(8)} is refused with the command that mends it`, () => {
    const path = file(`open-${mode}`, KEY, mode);
    assert.throws(() => readKeyFile(path), stops('not_permitted', /chmod 600/));
  });

test('a link, a folder and a file without a key are refused', () => {
  symlinkSync(file('target', KEY), join(root, 'link'));
  assert.throws(() => readKeyFile(join(root, 'link')), stops('not_permitted', /is a link/));
  assert.throws(() => readKeyFile(folder('a-folder', {})), stops('not_permitted', /not a file/));
  for (const [at, text] of ['', 'two words', 'a\x1b[m'].entries())
    assert.throws(() => readKeyFile(file(`bad-${at}`, text)), stops('not_permitted', /does not hold a key/));
});

test('the key comes from the environment, a named file or the data folder, in this order', () => {
  const data = folder('data', { 'first-key': KEY });
  for (const variables of [
    { SALLYPORT_API_KEY: KEY },
    { SALLYPORT_API_KEY_FILE: file('named', KEY, 0o444) },
    { SALLYPORT_DATA: data },
  ])
    assert.equal(connect(input(), clientEnvironment(variables)).url, 'http://127.0.0.1:4600');
  const nothing = clientEnvironment({ SALLYPORT_DATA: join(root, 'nowhere') });
  assert.throws(() => connect(input(), nothing), stops('not_permitted', /there is no key/));
  assert.throws(() => connectAsOperator(input(), nothing), stops('not_permitted', /operator-key does not exist/));
});

test('the address comes from the flag, the environment or the running server of the data folder', () => {
  const live = folder('live', {
    'first-key': KEY,
    'server.json': JSON.stringify({ url: 'http://127.0.0.1:5001', pid: process.pid }),
  });
  const environment = clientEnvironment({ SALLYPORT_URL: 'https://agents.example.com/team', SALLYPORT_API_KEY: KEY });
  assert.equal(connect(input('--url', 'http://localhost:5000'), environment).url, 'http://localhost:5000/');
  assert.equal(connect(input(), environment).url, 'https://agents.example.com/team');
  assert.equal(connect(input('--data', live), clientEnvironment({})).url, 'http://127.0.0.1:5001/');
});

test("the address that a dead server left is not believed: its port may be anybody's", () => {
  const dead = folder('dead', {
    'first-key': KEY,
    'server.json': JSON.stringify({ url: 'http://127.0.0.1:5001', pid: 2 ** 22 + 7 }),
  });
  assert.throws(() => connect(input('--data', dead), clientEnvironment({})), stops('unavailable', /is not running/));
  const damaged = folder('damaged', { 'first-key': KEY, 'server.json': '{"url":' });
  assert.throws(() => connect(input('--data', damaged), clientEnvironment({})), stops('data', /is damaged/));
});

test('a key never travels in clear over a network', () => {
  const environment = clientEnvironment({ SALLYPORT_API_KEY: KEY });
  for (const url of ['http://agents.example.com', 'http://10.0.0.1:4600', 'http://127.0.0.1.example.com'])
    assert.throws(() => connect(input('--url', url), environment), stops('usage', /expected https/));
  for (const url of ['ftp://x', 'nonsense', 'http://user@localhost', 'http://localhost/?k=1'])
    assert.throws(() => connect(input('--url', url), environment), stops('usage', /expected an http or https URL/));
});

test("the client's variables are kept from the server, which would refuse them as unknown settings", () => {
  const variables = { SALLYPORT_URL: 'u', SALLYPORT_API_KEY: 'k', SALLYPORT_API_KEY_FILE: 'f', SALLYPORT_PORT: '1' };
  assert.deepEqual(serverEnvironment(variables), { SALLYPORT_PORT: '1' });
});
