// Bundles the web console into console/dist: `npm run console`. Unchanged inputs return at once; a build that fails leaves the one before.
// Names hold a digest of the content, so that the server may tell browsers to keep them for ever; what can be compressed is, here, once.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { type BuiltConsole, type BundledFile, bundleConsole } from './console/bundle.ts';
import { digestInputs } from './console/inputs.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  woff2: 'font/woff2',
  svg: 'image/svg+xml',
  png: 'image/png',
};
/** Those of the list that are compressed already. */
const PACKED: ReadonlySet<string> = new Set(['woff2', 'png']);

interface WrittenFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly compressed: boolean;
  /** What travels to a browser that takes gzip. */
  readonly gzip_bytes: number;
}

const digestOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** Written aside and renamed: a server that starts meanwhile reads the old file or the new one, whole. */
async function put(path: string, bytes: Uint8Array | string): Promise<void> {
  const aside = `${path}.${process.pid}.new`;
  await writeFile(aside, bytes);
  await rename(aside, path);
}

async function writeAsset(folder: string, { name, bytes }: BundledFile): Promise<WrittenFile> {
  const ending = name.split('.').at(-1) ?? '';
  const type = TYPES[ending];
  if (type === undefined) throw new TypeError(`${name}: the console serves no .${ending}`);
  const path = join(folder, name);
  await put(path, bytes);
  const common = { name, type, bytes: bytes.length, sha256: digestOf(bytes) };
  if (PACKED.has(ending)) return { ...common, compressed: false, gzip_bytes: bytes.length };
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  const zipped = await promisify(gzip)(bytes, { level: 9 });
  await put(`${path}.br`, await promisify(brotliCompress)(bytes, { params }));
  await put(`${path}.gz`, zipped);
  return { ...common, compressed: true, gzip_bytes: zipped.length };
}

/** The template with its files named; `{{base}}` and `{{nonce}}` are left for the server. */
function fillTemplate(template: string, { scripts, styles, entry }: BuiltConsole): string {
  for (const hole of ['{{assets}}', '{{base}}', '{{nonce}}'])
    if (!template.includes(hole)) throw new TypeError(`console/src/index.html lacks ${hole}`);
  const lines = [
    ...styles.map((name) => `<link rel="stylesheet" href="{{base}}assets/${name}">`),
    ...scripts.map((name) => `<link rel="modulepreload" href="{{base}}assets/${name}">`),
    `<script type="module" src="{{base}}assets/${entry}"></script>`,
  ];
  return template.replace('{{assets}}', () => lines.join('\n    '));
}

async function writeConsole(root: string, built: BuiltConsole, inputs: string): Promise<void> {
  const dist = join(root, 'console/dist');
  const folder = join(dist, 'assets');
  await mkdir(folder, { recursive: true });
  const html = fillTemplate(await readFile(join(root, 'console/src/index.html'), 'utf8'), built);
  const files: WrittenFile[] = [];
  for (const file of built.files) files.push(await writeAsset(folder, file));
  await put(join(dist, 'index.html'), html);
  const { entry, scripts, styles } = built;
  const first_load = { entry, scripts, styles };
  const manifest = { version: 1, html_sha256: digestOf(html), first_load, files };
  await put(join(dist, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await put(join(dist, '.inputs'), `${inputs}\n`);
  const kept = new Set(files.flatMap(({ name }) => [name, `${name}.br`, `${name}.gz`]));
  for (const name of await readdir(folder))
    if (!kept.has(name) && !isBeingWritten(name)) await rm(join(folder, name), { force: true });
}

/** Another build at this moment, as when two tests start the first server of a clone, has files aside too. */
function isBeingWritten(name: string): boolean {
  const pid = /\.(\d+)\.new$/.exec(name)?.[1];
  if (pid === undefined) return false;
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

/** Builds when an input changed since the last build; answers whether it did. */
export async function buildConsole(root = ROOT): Promise<boolean> {
  const inputs = await digestInputs(root);
  const last = await readFile(join(root, 'console/dist/.inputs'), 'utf8').catch(() => '');
  if (last.trim() === inputs) return false;
  await writeConsole(root, await bundleConsole(root), inputs);
  return true;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const began = performance.now();
  try {
    const built = await buildConsole();
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    process.stdout.write(built ? `console/dist: built in ${seconds} s\n` : 'console/dist: nothing changed\n');
  } catch (error) {
    process.stderr.write(`${basename(process.argv[1])}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
