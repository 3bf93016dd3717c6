// One call of the bundler: modules split by route, styles and fonts as files, workers as files of their own.
import { basename, join, resolve } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin, stop } from 'esbuild';

export interface BundledFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface BuiltConsole {
  /** The module that the page starts. */
  readonly entry: string;
  /** Modules that it imports at once. */
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
  readonly files: readonly BundledFile[];
}

const COMMON = {
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'browser',
  /** What the page needs besides: nonces, cascade layers, `:has`, modules in workers. */
  target: ['chrome111', 'edge111', 'firefox121', 'safari16.4'],
  minify: true,
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
  /** Licences ask for their notices to go along. */
  legalComments: 'linked',
  logLevel: 'silent',
} as const satisfies BuildOptions;

/** `import url from 'worker:./verify.worker.ts'` is the address of that worker as a file, relative to the module: `new URL(url, import.meta.url)`. */
const workers: Plugin = {
  name: 'worker',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^worker:\.{1,2}\// }, ({ path, resolveDir }) => {
      const source = resolve(resolveDir, path.slice('worker:'.length));
      // The name under which the bundle is written ends as its content does.
      return { path: source.replace(/\.ts$/, '.js'), namespace: 'worker', pluginData: source };
    });
    onLoad({ filter: /./, namespace: 'worker' }, async ({ pluginData }) => {
      const source = String(pluginData);
      const { outputFiles } = await build({ ...COMMON, legalComments: 'none', entryPoints: [source] });
      return { contents: outputFiles[0]?.contents ?? new Uint8Array(), loader: 'file', watchFiles: [source] };
    });
  },
};

/** The output that was made from the entry, and what it imports at once, directly or through others. */
function firstLoad(metafile: Metafile, from: string): Pick<BuiltConsole, 'entry' | 'scripts' | 'styles'> {
  const [entry, output] = Object.entries(metafile.outputs).find(([, one]) => one.entryPoint?.endsWith(from)) ?? [];
  if (entry === undefined || output === undefined) throw new TypeError('the bundler made no entry');
  const seen = new Set<string>();
  const follow = (path: string): void => {
    for (const { path: next, kind, external } of metafile.outputs[path]?.imports ?? []) {
      if (kind !== 'import-statement' || external === true || seen.has(next)) continue;
      seen.add(next);
      follow(next);
    }
  };
  follow(entry);
  const styles = output.cssBundle === undefined ? [] : [basename(output.cssBundle)];
  return { entry: basename(entry), scripts: [...seen].map((path) => basename(path)), styles };
}

const ENTRY = 'console/src/main.tsx';

/** Throws with the place and the reason of the first faults. `entry` is another than the console's for its gallery alone. */
export async function bundleConsole(root: string, entry = ENTRY): Promise<BuiltConsole> {
  try {
    return await bundle(root, entry);
  } finally {
    // The bundler's own process would live as long as ours, and `npm start` goes on to serve.
    await stop();
  }
}

async function bundle(root: string, entry: string): Promise<BuiltConsole> {
  const result = await build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: [join(root, entry)],
    outdir: join(root, 'console/dist/assets'),
    splitting: true,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.woff2': 'file', '.svg': 'file', '.png': 'file' },
    metafile: true,
    plugins: [workers],
  });
  const files = result.outputFiles.map(({ path, contents }) => ({ name: basename(path), bytes: contents }));
  return { ...firstLoad(result.metafile, entry), files };
}
