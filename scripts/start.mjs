// `npm start`: from any Node.js >= 20 to the program in start.ts; see launcher/with-node.mjs.
import { fileURLToPath } from 'node:url';
import { findNode } from '../launcher/find-node.mjs';
import { runWithNode } from '../launcher/with-node.mjs';

if (findNode() === process.execPath) await import('./start.ts');
else runWithNode([fileURLToPath(new URL('start.ts', import.meta.url)), ...process.argv.slice(2)], { watched: true });
