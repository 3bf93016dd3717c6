// Rewrites docs/reference: `npm run reference`, after a change of settings, faults, routes or contracts. A test refuses stale pages.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { printReference } from './print-reference.ts';

const FOLDER = fileURLToPath(new URL('../docs/reference/', import.meta.url));
await mkdir(FOLDER, { recursive: true });
for (const [name, text] of Object.entries(printReference())) await writeFile(`${FOLDER}${name}`, text);
