// Finds a Node.js of at least version 24 for running TypeScript by type stripping.
// Plain JavaScript, because the Node that starts it may be as old as version 20.
// Order: this process itself; the platform package installed by npm; otherwise one sentence saying what to do.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const REQUIRED_MAJOR = 24;

/** @returns {string | undefined} path of an executable Node.js >= 24, or undefined when none is installed. */
export function findNode(version = process.versions.node, execPath = process.execPath) {
  if (Number(version.split('.')[0]) >= REQUIRED_MAJOR) return execPath;
  const require = createRequire(import.meta.url);
  for (const family of ['node', 'node-bin']) {
    try {
      const manifest = require.resolve(`${family}-${process.platform}-${process.arch}/package.json`);
      const binary = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
      if (existsSync(binary)) return binary;
    } catch {
      // not installed for this platform: try the next family
    }
  }
  return undefined;
}

export const MISSING_NODE =
  `sallyport: needs Node.js ${REQUIRED_MAJOR} or newer, this is ${process.versions.node} and no ` +
  `node-${process.platform}-${process.arch} package is installed; run "npm ci" without --omit=optional, ` +
  `or install Node.js ${REQUIRED_MAJOR}.\n`;
