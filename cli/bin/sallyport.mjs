#!/usr/bin/env node
// Starts the command line from any Node.js >= 20; see launcher/with-node.mjs.
// A Node.js that is new enough runs it in its own process: one process fewer that could outlive the other.
import { fileURLToPath } from 'node:url';
import { findNode } from '../../launcher/find-node.mjs';
import { runWithNode } from '../../launcher/with-node.mjs';

if (findNode() === process.execPath) await import('../src/main.ts');
else
  runWithNode([fileURLToPath(new URL('../src/main.ts', import.meta.url)), ...process.argv.slice(2)], { watched: true });
