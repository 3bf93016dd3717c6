// What a file imports: every static, type-only, dynamic and required specifier, with the names it takes.
import { eachRun, type Token } from './read-tokens.ts';

export interface Import {
  /** Undefined when it is computed: `import(name)`. */
  readonly specifier: string | undefined;
  /** `export … from`: what is imported is exported again. */
  readonly passedOn: boolean;
  /** Imported names as the other file calls them; `*` for all of it. */
  readonly names: readonly string[];
  readonly line: number;
}

const MOST_NAMES = 2_000;

const is = (token: Token | undefined, text: string): boolean =>
  token !== undefined && token.kind !== 'string' && token.text === text;

/** The bundler's way to name a worker is a path like any other. */
const pathOf = (token: Token | undefined): string | undefined => token?.text.replace(/^worker:(?=\.)/, '');

/** `import type { a, b as c } from 'x'`, `export { a } from 'x'`, `import 'x'`; undefined for a local export or declaration. */
function readStatic(run: readonly Token[], start: number): Import | undefined {
  const line = run[start]?.line ?? 0;
  const passedOn = is(run[start], 'export');
  const next = run[start + 1];
  if (next?.kind === 'string') return { specifier: next.text, passedOn, names: [], line };
  const typeOnly = is(next, 'type') && !is(run[start + 2], 'from') && !is(run[start + 2], ',');
  const names: string[] = [];
  let braces = false;
  for (let at = start + (typeOnly ? 2 : 1); at < Math.min(run.length, start + MOST_NAMES); at++) {
    const token = run[at];
    if (token === undefined) return undefined;
    if (is(token, 'from') && run[at + 1]?.kind === 'string')
      return { specifier: pathOf(run[at + 1]), passedOn, names, line };
    if (is(token, '{')) braces = true;
    else if (is(token, '}')) braces = false;
    else if (is(token, '*')) names.push('*');
    else if (token.kind === 'word') {
      if (!braces && ['const', 'function', 'class', 'async', 'interface', 'declare'].includes(token.text))
        return undefined;
      if (braces && !is(token, 'type') && !is(token, 'as') && !is(run[at - 1], 'as')) names.push(token.text);
    } else if (!is(token, ',')) return undefined;
  }
  return undefined;
}

function readRun(run: readonly Token[]): Import[] {
  return run.flatMap((token, at): Import[] => {
    if (token.kind !== 'word' || is(run[at - 1], '.')) return [];
    const call = is(run[at + 1], '(');
    const resolves =
      token.text === 'require' && is(run[at + 1], '.') && is(run[at + 2], 'resolve') && is(run[at + 3], '(');
    if ((call && (token.text === 'import' || token.text === 'require')) || resolves) {
      const target = run[at + (resolves ? 4 : 2)];
      const specifier = target?.kind === 'string' ? target.text : undefined;
      return [{ specifier, passedOn: false, names: ['*'], line: token.line }];
    }
    if (token.text !== 'import' && token.text !== 'export') return [];
    const found = readStatic(run, at);
    return found === undefined ? [] : [found];
  });
}

export function readImports(tokens: readonly Token[]): Import[] {
  const imports: Import[] = [];
  eachRun(tokens, (run) => imports.push(...readRun(run)));
  return imports;
}

/** The package a bare specifier names: `@scope/name/deep` is of `@scope/name`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
