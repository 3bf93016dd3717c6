#!/usr/bin/env node
// Starts the command line from any Node.js >= 20; see scripts/with-node.mjs.
import { fileURLToPath } from 'node:url';
import { runWithNode } from '../../scripts/with-node.mjs';

runWithNode([fileURLToPath(new URL('../src/main.ts', import.meta.url)), ...process.argv.slice(2)]);
