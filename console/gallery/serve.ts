// Serves the gallery on this machine, for people and for its test: `node console/gallery/serve.ts`. It builds in memory and writes nothing.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundleConsole } from '../../scripts/console/bundle.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TYPES: Readonly<Record<string, string>> = { js: 'text/javascript', css: 'text/css', woff2: 'font/woff2' };

export interface ServedGallery {
  readonly url: string;
  close(): Promise<void>;
}

function pageOf(entry: string, styles: readonly string[], nonce: string): string {
  const links = styles.map((name) => `<link rel="stylesheet" href="/${name}">`).join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Gallery</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta property="csp-nonce" nonce="${nonce}">
<link rel="icon" href="data:,">${links}</head><body><div id="root"></div><script type="module" src="/${entry}"></script></body></html>`;
}

/** Under the policy of the console: what breaks it there breaks it here. */
const policyOf = (nonce: string): string =>
  `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; require-trusted-types-for 'script'`;

export async function serveGallery(port = 0): Promise<ServedGallery> {
  const { entry, styles, files } = await bundleConsole(ROOT, 'console/gallery/gallery.tsx');
  const known = new Map(files.map(({ name, bytes }) => [`/${name}`, bytes]));
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const bytes = known.get(path);
    if (bytes !== undefined) {
      response.setHeader('content-type', TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream').end(bytes);
      return;
    }
    const nonce = randomBytes(16).toString('base64');
    response.statusCode = path === '/' ? 200 : 404;
    response
      .setHeader('content-type', 'text/html; charset=utf-8')
      .setHeader('content-security-policy', policyOf(nonce))
      .end(path === '/' ? pageOf(entry, styles, nonce) : '');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { url } = await serveGallery();
  process.stdout.write(`${url}\n`);
}
