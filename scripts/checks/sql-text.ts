// Text that is sent to the database is written in the `sql` tag, or in server/src/db/. Anything else could carry a piece from outside.
import { isProduct } from './floors.ts';
import { readSources } from './list-sources.ts';
import { eachRun, type Token } from './read-tokens.ts';

const HOME = 'server/src/db/';
const LOOKS_LIKE_SQL =
  /^\s*(?:select\s[\s\S]*\sfrom\s|insert\s+into\s|update\s+\S+\s[\s\S]*\bset\s|delete\s+from\s|with\s+\S+\s+as\s+\(|(?:create|alter|drop)\s+(?:table|role|schema|index|function|policy|database|user)\s|truncate\s+\S+$|set\s+(?:local\s+)?(?:role|session)\b|begin;)/i;

function judge(run: readonly Token[], at: number): string | undefined {
  const token = run[at];
  const before = run[at - 1];
  const after = run[at + 1];
  if (token === undefined) return undefined;
  const tagged = before?.kind === 'word' && before.text === 'sql';
  if (token.kind === 'string' && LOOKS_LIKE_SQL.test(token.text)) return 'SQL text in a plain string';
  if (token.kind === 'template' && !tagged && LOOKS_LIKE_SQL.test((token.strings ?? []).join('?')))
    return 'SQL text in a template without the sql tag';
  if (token.kind !== 'word') return undefined;
  if (token.text === 'query' && before?.text === '.' && after?.text === '(') return 'a query beside the tenant scope';
  if (token.text === 'walled') return 'a statement is made by the sql tag alone';
  if (
    token.text === 'sql' &&
    before?.text !== '.' &&
    after?.kind !== 'template' &&
    /^(?:\(|as|\)|;|=|\?|!)$/.test(after?.text ?? '')
  )
    return 'sql is a tag: it is neither called nor passed on';
  return undefined;
}

export async function checkSqlText(root: string): Promise<string[]> {
  const faults: string[] = [];
  for (const { path, tokens } of await readSources(root)) {
    if (!isProduct(path) || path.startsWith(HOME)) continue;
    eachRun(tokens, (run) =>
      run.forEach((token, at) => {
        const fault = judge(run, at);
        if (fault !== undefined) faults.push(`${path}:${token.line}: ${fault}`);
      }),
    );
  }
  return faults;
}
