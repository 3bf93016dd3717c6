// S13: what the documentation tells people to type is typed here, and every setting it names is one, with a value that is taken.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SETTINGS } from '@sallyport/server';
import { start, until } from './instance.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'cli/bin/sallyport.mjs');
const OPERATIONS = 'docs/operations';
const PAGES = [
  ...['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'cli/README.md'],
  ...readdirSync(join(ROOT, OPERATIONS)).map((name) => `${OPERATIONS}/${name}`),
];
/** Read by the command line, not by the server. */
const CLIENT_SETTINGS = ['SALLYPORT_URL', 'SALLYPORT_API_KEY', 'SALLYPORT_API_KEY_FILE'];

const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8');
const blocksOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? '');

test('every setting that the documentation names is one, and every value that it gives is taken', () => {
  const settings = new Map(Object.values(SETTINGS).map((setting) => [setting.env, setting]));
  let values = 0;
  for (const page of PAGES)
    for (const [, name = '', value] of textOf(page).matchAll(
      /\b((?:SALLYPORT|DATABASE)_[A-Z0-9_]*[A-Z0-9])\b(?:=([^\s`"'<>;)]+))?/g,
    )) {
      if (CLIENT_SETTINGS.includes(name)) continue;
      const setting = settings.get(name) ?? settings.get(name.replace(/_FILE$/, ''));
      assert.ok(setting !== undefined, `${page}: there is no setting ${name}`);
      if (value === undefined || value.startsWith('$') || name.endsWith('_FILE') || value === '…') continue;
      values++;
      assert.notEqual(setting.parse(value), undefined, `${page}: ${name} does not take ${value}`);
    }
  assert.ok(values > 0);
});

/** By command: its actions and flags, as help tells them. */
function helpOf(): Map<string, string> {
  const help = (...args: string[]): string =>
    spawnSync(process.execPath, [BIN, 'help', ...args], { encoding: 'utf8', env: { PATH: process.env.PATH ?? '' } })
      .stdout;
  const names = [...help().matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, name]) => name ?? '');
  return new Map(names.map((name) => [name, help(name)]));
}

test('every command that the documentation names is one, with flags that it has', () => {
  const help = helpOf();
  let seen = 0;
  for (const page of PAGES) {
    const inline = [...textOf(page).matchAll(/`(?:npx )?sallyport ([^`\n]+)`/g)].map(([, line]) => line ?? '');
    const fenced = blocksOf(page).flatMap((block) =>
      [...block.matchAll(/(?:^|\s)(?:npx )?sallyport (.+)$/gm)].map(([, line]) => line ?? ''),
    );
    for (const line of [...inline, ...fenced]) {
      const [name = '', second = ''] = line.split(' ');
      if (name === 'help') continue;
      const page_help = help.get(name);
      assert.ok(page_help !== undefined, `${page}: there is no command sallyport ${name}`);
      for (const [, flag = ''] of line.matchAll(/ --([a-z-]+)/g))
        assert.match(page_help, new RegExp(`--${flag}\\b`), `${page}: sallyport ${name} has no --${flag}`);
      const actions = [...page_help.matchAll(new RegExp(`^ *sallyport ${name} ([a-z-]+)`, 'gm'))].map(([, one]) => one);
      if (actions.length > 0 && /^[a-z-]+$/.test(second) && !second.startsWith('-'))
        assert.ok(actions.includes(second), `${page}: sallyport ${name} has no ${second}`);
      seen++;
    }
  }
  assert.ok(seen > 20, `only ${seen} commands were found`);
});

/** Where the pages say a place of a machine, there is one below the test's own folder. */
function placed(block: string, home: string, url: string): string {
  return block.replaceAll(/(^|\s|=)\/(backups|srv|safe)\//g, `$1${home}/$2/`).replaceAll('http://127.0.0.1:4600', url);
}

test('the blocks of the pages on operations run as they stand, in their order', { timeout: 280_000 }, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'sp-docs-'));
  const data = join(home, '.sallyport');
  const bin = join(home, 'bin');
  for (const name of ['bin', 'backups', 'srv', 'safe']) mkdirSync(join(home, name));
  // A server of a block is ended when it is ready: the block is over then.
  const real = `"${process.execPath}" "${BIN}"`;
  const shim = `#!/bin/sh
if [ "$1" != serve ]; then exec ${real} "$@"; fi
shift; out=$(mktemp); ${real} serve --port 0 --json "$@" > "$out" & pid=$!
while kill -0 $pid 2>/dev/null && ! [ -s "$out" ]; do sleep 0.1; done
[ -s "$out" ] || exit 1
kill -TERM $pid; wait $pid
`;
  writeFileSync(join(bin, 'sallyport'), shim);
  writeFileSync(join(bin, 'npx'), '#!/bin/sh\nexec "$@"\n');
  for (const name of ['sallyport', 'npx']) chmodSync(join(bin, name), 0o755);
  const server = start(home, ['serve', '--port', '0', '--json']);
  t.after(async () => {
    server.kill('SIGTERM');
    await server.done;
    rmSync(home, { recursive: true, force: true });
  });
  await until(() => server.stdout().includes('\n'), server.stderr);
  const { url } = JSON.parse(server.stdout()) as { url: string };
  const environment = { PATH: `${bin}:${process.env.PATH ?? ''}`, HOME: home };
  const made = spawnSync(join(bin, 'sallyport'), ['tenants', 'create', 'NAME', '--json'], {
    encoding: 'utf8',
    env: environment,
  });
  assert.equal(made.status, 0, made.stderr);
  const { tenant_id: tenant } = JSON.parse(made.stdout) as { tenant_id: string };
  copyFileSync(join(data, 'keys', 'master-1'), join(home, 'safe', 'master-1'));
  writeFileSync(join(home, 'backups', 'deletions.jsonl'), '');
  const run = (page: string, block: string): void => {
    const done = spawnSync('sh', ['-eu', '-c', placed(block, home, url)], {
      encoding: 'utf8',
      cwd: ROOT,
      timeout: 120_000,
      env: { ...environment, TENANT: tenant },
    });
    assert.equal(done.status, 0, `${page}\n${block}\n${done.stdout}\n${done.stderr}`);
  };
  const runPage = (page: string): void => {
    const blocks = blocksOf(page);
    assert.ok(blocks.length > 0, `${page} has no block`);
    for (const block of blocks) run(page, block);
  };
  for (const page of ['backup.md', 'removal.md', 'rotation.md']) runPage(`${OPERATIONS}/${page}`);
  // The blocks of the first page that install and start the whole repository are what CI does before this.
  const [install = '', ...rest] = blocksOf('README.md');
  assert.match(install, /^npm ci && npm start\nnpm ci && npm test\n$/);
  for (const block of rest) run('README.md', block);
  server.kill('SIGTERM');
  assert.equal((await server.done).status, 0);
  for (const page of ['upgrade.md', 'proxy.md']) runPage(`${OPERATIONS}/${page}`);
});
