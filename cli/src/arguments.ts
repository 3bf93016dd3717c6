// Reads the words after a command against its table. Anything that is not in the table is refused with the nearest name.
import { parseArgs } from 'node:util';
import type { Command, Flag, Input } from './command.ts';
import { Stop } from './exit-status.ts';
import { inert } from './inert.ts';

export const HELP_FLAG: Flag = { name: 'help', short: 'h', about: 'Show this.' };

interface Wanted {
  readonly title: string;
  readonly words: { readonly least: number; readonly most: number };
  readonly usage: string;
  readonly flags: readonly Flag[];
}

/** Which action the words name, and the words that are left. */
export function chooseAction(command: Command, args: readonly string[]): { name: string; rest: readonly string[] } {
  const [first] = args;
  if (first !== undefined && first !== '' && Object.hasOwn(command.actions, first))
    return { name: first, rest: args.slice(1) };
  const names = Object.keys(command.actions).filter((name) => name !== '');
  const bare = command.actions[''];
  // `runs shwo ID` is a slip of an action, not an argument of the bare command, when that takes none.
  if (bare !== undefined && (first === undefined || first.startsWith('-') || bare.words.most > 0))
    return { name: '', rest: args };
  if (first === undefined || first.startsWith('-'))
    throw new Stop('usage', `${command.name} needs one of: ${names.join(', ')}`);
  throw new Stop('usage', `${command.name} has no ${inert(first, 60)}${suggestion(first, names)}`);
}

export function parseArguments(wanted: Wanted, args: readonly string[]): Input {
  const flags = [...wanted.flags, HELP_FLAG];
  const options = Object.fromEntries(
    flags.map((flag) => [
      flag.name,
      {
        type: flag.value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: true,
        ...(flag.short === undefined ? {} : { short: flag.short }),
      },
    ]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true, allowPositionals: true });
  const values = new Map<string, string[]>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = flags.find((one) => one.name === token.name);
    if (flag === undefined) throw unknownFlag(wanted.title, token.rawName, flags);
    const value = readValue(flag, token.value, token.inlineValue === true);
    const standing = values.get(flag.name) ?? [];
    if (standing.length > 0 && flag.many !== true) throw new Stop('usage', `--${flag.name} stands twice`);
    values.set(flag.name, [...standing, value]);
  }
  if (!values.has(HELP_FLAG.name)) checkWords(wanted, words);
  return {
    text: (name) => values.get(name)?.at(-1),
    all: (name) => values.get(name) ?? [],
    has: (name) => values.has(name),
    words,
  };
}

function readValue(flag: Flag, value: string | undefined, inline: boolean): string {
  if (flag.value === undefined) {
    if (value === undefined) return '';
    throw new Stop('usage', `--${flag.name} takes no value`);
  }
  if (value === undefined || value === '') throw new Stop('usage', `--${flag.name} needs a value: ${flag.value}`);
  // `--data --json` is a forgotten value, not a folder called --json.
  if (!inline && value.startsWith('-') && value !== '-')
    throw new Stop('usage', `--${flag.name} needs a value; write --${flag.name}=VALUE for one that begins with a dash`);
  return value;
}

function unknownFlag(title: string, raw: string, flags: readonly Flag[]): Stop {
  const name = raw.replace(/^-+/, '');
  if (/(^|-)(api-?key|key|token|secret|password)$/i.test(name))
    return new Stop(
      'usage',
      `${title} takes no key: arguments are seen by every process. Set SALLYPORT_API_KEY or SALLYPORT_API_KEY_FILE`,
    );
  const near = nearest(
    name,
    flags.map((flag) => flag.name),
  );
  return new Stop(
    'usage',
    `${title} has no ${inert(raw, 60)}${near === undefined ? '' : `; did you mean --${near}?`} (sallyport help ${title})`,
  );
}

function checkWords(wanted: Wanted, words: readonly string[]): void {
  const usage = `usage: sallyport ${wanted.title} ${wanted.usage}`.trimEnd();
  if (words.length < wanted.words.least) throw new Stop('usage', `${wanted.title} needs more; ${usage}`);
  const extra = words[wanted.words.most];
  if (extra !== undefined)
    throw new Stop('usage', `${wanted.title} does not take ${JSON.stringify(inert(extra, 60))}; ${usage}`);
}

export function suggestion(given: string, names: readonly string[]): string {
  const near = nearest(given, names);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** The name at the least distance, when that is small against its length. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const word = given.slice(0, 40).toLowerCase();
  let best: { name: string; away: number } | undefined;
  for (const name of names) {
    const away = name.startsWith(word) && word.length > 1 ? 1 : distance(word, name);
    if (best === undefined || away < best.away) best = { name, away };
  }
  return best !== undefined && best.away <= Math.max(1, Math.floor(best.name.length / 3)) ? best.name : undefined;
}

/** Damerau-Levenshtein over adjacent swaps: the slips of a keyboard. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const above = rows[i - 1] ?? [];
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
