// Was every statement that the server can send seen by the parser gate? A template of the `sql` tag is met when a text that passed the
// gate is this template with its holes filled. A fragment with a query of its own must be met too.
import { isProduct } from './floors.ts';
import { readSources } from './list-sources.ts';
import { eachRun, type Token } from './read-tokens.ts';

const STATEMENT = /^\s*(?:select|insert|update|delete|with|merge|values)\b/;
const QUERY_INSIDE = /\bfrom\b|\bselect\b/;

interface Template {
  readonly where: string;
  readonly text: string;
  readonly pattern: RegExp;
}

const ANYTHING = '[\\s\\S]*?';
const literal = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** What a hole can become: a predicate, a value, a parameter; or anything, where it is or may be a fragment. */
function patternOf(hole: readonly Token[], fragments: ReadonlySet<string>): string {
  const texts = hole.map((token) => token.text);
  if (texts.includes('sql')) return ANYTHING;
  if (texts.at(-2) === '.' && texts.at(-1) === 'value') return '\\$\\d+::uuid';
  if (texts.includes('mine')) return '(?:\\w+\\.)?tenant_id = \\$\\d+';
  const [name = '', next] = texts;
  return (hole.length === 1 && fragments.has(name)) || next === '(' ? ANYTHING : '\\$\\d+';
}

/** Names that the file binds to a piece of a statement: `const where = sql.all(…)`, `const order = newest ? sql`…` : sql`…``. */
function fragmentNames(tokens: readonly Token[]): Set<string> {
  const names = new Set<string>();
  eachRun(tokens, (run) =>
    run.forEach((token, at) => {
      const typed = run[at - 1]?.text === 'const' && run[at + 1]?.text === ':';
      if (token.kind !== 'word' || (run[at + 1]?.text !== '=' && !typed)) return;
      const end = run.findIndex((later, index) => index > at && later.text === ';');
      const value = run.slice(at, end === -1 ? run.length : end);
      if (value.some((part) => part.kind === 'word' && part.text === 'sql')) names.add(token.text);
    }),
  );
  return names;
}

function templatesOf(path: string, tokens: readonly Token[]): Template[] {
  const templates: Template[] = [];
  const fragments = fragmentNames(tokens);
  eachRun(tokens, (run) =>
    run.forEach((token, at) => {
      const { strings, holes } = token;
      if (strings === undefined || holes === undefined || run[at - 1]?.text !== 'sql') return;
      const whole = STATEMENT.test(strings[0] ?? '');
      if (!whole && !QUERY_INSIDE.test(strings.join(' '))) return;
      const body = strings.map(
        (piece, index) => (index === 0 ? '' : patternOf(holes[index - 1] ?? [], fragments)) + literal(piece),
      );
      const pattern = new RegExp(whole ? `^${body.join('')}$` : body.join(''));
      templates.push({ where: `${path}:${token.line}`, text: strings.join('…'), pattern });
    }),
  );
  return templates;
}

/** `met` holds one JSON string a line: the texts that passed the gate. Answers the templates that none of them came from. */
export async function findUnmetStatements(root: string, met: string): Promise<string[]> {
  const texts = [...new Set(met.split('\n').filter((line) => line !== ''))].map((line) => JSON.parse(line) as string);
  const sources = (await readSources(root)).filter(({ path }) => isProduct(path));
  return sources
    .flatMap(({ path, tokens }) => templatesOf(path, tokens))
    .filter(({ pattern }) => !texts.some((text) => pattern.test(text)))
    .map(({ where, text }) => `${where}: never met: ${text.replaceAll(/\s+/g, ' ').trim().slice(0, 100)}`);
}
