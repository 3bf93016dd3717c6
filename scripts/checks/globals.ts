// Ways to the network, or around an import check, that need no import: refused by name outside the guarded fetch.
import { readFloors } from './floors.ts';
import { readSources } from './list-sources.ts';
import { eachRun, type Token } from './read-tokens.ts';

const ROOTS = new Set(['globalThis', 'global', 'window', 'self']);

/** Index of the sign after the bracket that closes the one at `open`. */
function afterBracket(run: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < run.length; at++) {
    const token = run[at];
    if (token?.kind !== 'sign') continue;
    if (token.text === '(') depth++;
    if (token.text === ')' && --depth === 0) return at + 1;
  }
  return run.length;
}

/** `fetch` is a use of the global unless it is another object's member, the name of a property, or a method's declaration. */
function isUse(run: readonly Token[], at: number): boolean {
  const before = run[at - 1];
  const after = run[at + 1];
  if (before?.text === '.' && before.kind === 'sign') return ROOTS.has(run[at - 2]?.text ?? '');
  if (before?.kind === 'word' && before.text === 'typeof') return false;
  const startsMember = before === undefined || /^(?:[{},;(]|readonly|async|get|set|public|private)$/.test(before.text);
  if (startsMember && (after?.text === ':' || after?.text === '?')) return false;
  const declares = after?.text === '(' && /^[:{]$/.test(run[afterBracket(run, at + 1)]?.text ?? '');
  return !(startsMember && declares);
}

/** `globalThis[name]` could be any of them. A way around a door is refused as a member too: process.getBuiltinModule. */
function isRefused(run: readonly Token[], at: number, words: ReadonlySet<string>): boolean {
  const token = run[at];
  if (token?.kind !== 'word') return false;
  if (ROOTS.has(token.text) && run[at - 1]?.text !== '.') return run[at + 1]?.text === '[';
  if (!words.has(token.text)) return false;
  return token.text === 'getBuiltinModule' || isUse(run, at);
}

export async function checkGlobals(root: string): Promise<string[]> {
  const { globals } = await readFloors(root);
  const words = new Set(globals.words);
  const within = (path: string, folders: readonly string[]): boolean =>
    folders.some((folder) => path.startsWith(folder));
  const faults: string[] = [];
  for (const { path, tokens } of await readSources(root)) {
    if (!within(path, globals.refused) || within(path, globals.except) || path.includes('/test/')) continue;
    eachRun(tokens, (run) =>
      run.forEach((token, at) => {
        if (isRefused(run, at, words))
          faults.push(
            `${path}:${token.line}: ${token.text} reaches the network or passes by a door; use the guarded fetch`,
          );
      }),
    );
  }
  return faults;
}
