// The build of the console over a small tree of its own, with the real bundler, read back by the server that would serve it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type ConsoleFiles, loadConsole } from '../../server/src/http/http.ts';
import { buildConsole } from '../build-console.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TEMPLATE =
  '<meta nonce="{{nonce}}"><meta name="sallyport-base" content="{{base}}">{{assets}}<div id="root"></div>';
const SOURCES: Readonly<Record<string, string>> = {
  'console/src/index.html': TEMPLATE,
  'console/src/main.tsx': `import './main.css';
import worker from 'worker:./check.worker.ts';
import { shared } from '../../client/src/shared.ts';
export const start = async (): Promise<unknown> => [new URL(worker, import.meta.url), shared, await import('./lazy.ts')];
console.log(process.env.NODE_ENV, start);`,
  'console/src/lazy.ts': `import { shared } from '../../client/src/shared.ts';\nexport const lazy = ['LAZY', shared];`,
  'console/src/check.worker.ts': `import { shared } from '../../client/src/shared.ts';\nself.postMessage(['WORKER', shared]);`,
  'console/src/main.css': `@layer base { @font-face { font-family: X; src: url('./x.woff2'); } body { color: red } }`,
  'console/src/x.woff2': 'a font',
  'console/package.json': '{}',
  'console/tsconfig.json': '{}',
  'client/src/shared.ts': `export const shared: string = 'SHARED';`,
  'contracts/src/contracts.ts': '',
  'libs/chain/src/chain.ts': '',
  'package-lock.json': '{}',
};

let root: string;
const write = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
};
const dist = (): string => join(root, 'console/dist');
const read = (): Promise<ConsoleFiles> => loadConsole(dist());

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-build-'));
  for (const [path, text] of Object.entries(SOURCES)) await write(path, text);
  await cp(join(ROOT, 'scripts/console'), join(root, 'scripts/console'), { recursive: true });
  await cp(join(ROOT, 'scripts/build-console.ts'), join(root, 'scripts/build-console.ts'));
});
after(() => rm(root, { recursive: true, force: true }));

test('the build makes modules, styles, fonts and workers as files that the server serves', async () => {
  assert.equal(await buildConsole(root), true);
  const { html = '', assets, fault } = await read();
  assert.equal(fault, undefined);
  const named = (pattern: RegExp): string => {
    const found = [...assets.keys()].filter((name) => pattern.test(name));
    assert.equal(found.length, 1, `${pattern}: ${found.join()}`);
    return found[0] ?? '';
  };
  const main = named(/^main-[A-Z0-9]{8}\.js$/);
  const text = (name: string): string => Buffer.from(assets.get(name)?.plain ?? []).toString('utf8');
  assert.match(text(main), /production/);
  assert.doesNotMatch(text(main), /LAZY|WORKER|SHARED/, 'what is shared or late is a file of its own');
  assert.match(text(named(/^lazy-[A-Z0-9]{8}\.js$/)), /LAZY/);
  const worker = named(/^check\.worker-[A-Z0-9]{8}\.js$/);
  assert.match(text(worker), /WORKER.*SHARED|SHARED.*WORKER/s);
  assert.ok(text(main).includes(worker), 'the module names its worker');
  const styles = named(/^main-[A-Z0-9]{8}\.css$/);
  assert.ok(text(styles).includes(named(/^x-[A-Z0-9]{8}\.woff2$/)));
  for (const hole of ['{{base}}', '{{nonce}}']) assert.ok(html.includes(hole));
  assert.ok(!html.includes('{{assets}}'));
  assert.ok(html.includes(`<link rel="stylesheet" href="{{base}}assets/${styles}">`));
  assert.ok(html.includes(`<script type="module" src="{{base}}assets/${main}"></script>`));
  const preload = /modulepreload" href="\{\{base\}\}assets\/([^"]+)"/.exec(html)?.[1] ?? '';
  assert.match(text(preload), /SHARED/);
  for (const [name, file] of assets) {
    const { br, gzip } = file.encoded;
    if (name.endsWith('.woff2')) assert.equal(br, undefined);
    else assert.deepEqual([brotliDecompressSync(br ?? ''), gunzipSync(gzip ?? '')], [file.plain, file.plain], name);
  }
});

test('what did not change is not built again; what did is, and nothing of before is left', async () => {
  await buildConsole(root);
  const before = await readFile(join(dist(), 'manifest.json'), 'utf8');
  assert.equal(await buildConsole(root), false);
  await write('client/src/shared.ts', `export const shared: string = 'CHANGED';`);
  assert.equal(await buildConsole(root), true);
  const { assets } = await read();
  assert.ok([...assets.values()].some((file) => Buffer.from(file.plain).includes('CHANGED')));
  assert.notEqual(await readFile(join(dist(), 'manifest.json'), 'utf8'), before);
  const kept = [...assets].flatMap(([name, file]) => [name, ...(file.encoded.br ? [`${name}.br`, `${name}.gz`] : [])]);
  assert.deepEqual((await readdir(join(dist(), 'assets'))).sort(), kept.sort());
});

test('what another build writes at the same moment is left to it, and what a killed one left is cleared', async () => {
  await buildConsole(root);
  const dead = spawnSync(process.execPath, ['--eval', '']).pid;
  const [theirs, left] = [`other-AAAAAAAA.js.${process.ppid}.new`, `other-AAAAAAAA.js.${dead}.new`];
  for (const name of [theirs, left]) await write(`console/dist/assets/${name}`, 'half');
  await write('client/src/shared.ts', `export const shared: string = 'BESIDE';`);
  assert.equal(await buildConsole(root), true);
  const names = await readdir(join(dist(), 'assets'));
  assert.deepEqual([names.includes(theirs), names.includes(left)], [true, false]);
  await rm(join(dist(), 'assets', theirs));
});

test('a build that fails says why and leaves the one before', async () => {
  await buildConsole(root);
  const before = [...(await read()).assets.keys()];
  const faults: readonly (readonly [string, string, RegExp])[] = [
    ['console/src/main.tsx', 'import nothing from "./not-there.ts"; nothing();', /not-there/],
    ['console/src/index.html', TEMPLATE.replace('{{nonce}}', ''), /lacks \{\{nonce\}\}/],
    ['console/src/main.css', `body { background: url('./x.gif') }`, /x\.gif/],
  ];
  for (const [path, text, fault] of faults) {
    const standing = SOURCES[path] ?? '';
    await write(path, text);
    await assert.rejects(buildConsole(root), fault);
    assert.deepEqual([...(await read()).assets.keys()], before);
    await write(path, standing);
  }
  assert.equal(await buildConsole(root), false, 'the sources are as they were');
});

test('npm start hands over to the command line with all arguments', async () => {
  const started = spawnSync(process.execPath, [join(ROOT, 'scripts/start.mjs'), 'version'], { encoding: 'utf8' });
  const direct = spawnSync(process.execPath, [join(ROOT, 'cli/bin/sallyport.mjs'), 'version'], { encoding: 'utf8' });
  assert.deepEqual([started.status, started.stdout], [0, direct.stdout], started.stderr);
  await access(join(ROOT, 'console/dist/manifest.json'));
  const wrong = spawnSync(process.execPath, [join(ROOT, 'scripts/start.mjs'), 'no-such-command'], { encoding: 'utf8' });
  assert.equal(wrong.status, 64);
});
