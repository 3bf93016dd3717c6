// The strict subset of YAML that SKILL.md front matter may use: plain, quoted and block scalars, and one level of map below a key.
// Anchors, aliases, flow style, tags and duplicate keys are refused: two readers that parse a file apart may see two skills.

export interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly line?: number;
}

export type FrontMatter = ReadonlyMap<string, string | ReadonlyMap<string, string>>;

const KEY = /^([A-Za-z0-9_./-]+):(?:[ ]+(.*))?$/;

class Refusal extends Error {
  readonly problem: Problem;
  constructor(code: string, detail: string, line: number) {
    super(detail);
    this.problem = { code, detail, line };
  }
}

function scalar(text: string, line: number): string {
  const value = text.trim();
  if (/^[&*!|>{[%@`]/.test(value))
    throw new Refusal('yaml_unsupported', `a value may not begin with ${value[0]}; quote it`, line);
  if (value.startsWith('"')) {
    if (!/^"(?:[^"\\]|\\["\\/nt])*"$/.test(value))
      throw new Refusal('yaml_invalid', 'a double-quoted value is not closed or holds an unknown escape', line);
    return JSON.parse(value) as string;
  }
  if (value.startsWith("'")) {
    if (!/^'(?:[^']|'')*'$/.test(value)) throw new Refusal('yaml_invalid', 'a single-quoted value is not closed', line);
    return value.slice(1, -1).replaceAll("''", "'");
  }
  if (/: |\s#|:$/.test(value))
    throw new Refusal('yaml_invalid', 'a plain value may not hold ": " or " #"; quote it', line);
  return value;
}

/** Parses the lines between the two `---`. */
export function parseFrontMatter(
  lines: readonly string[],
): { ok: true; value: FrontMatter } | { ok: false; problem: Problem } {
  const result = new Map<string, string | Map<string, string>>();
  try {
    for (let at = 0; at < lines.length; ) at = readEntry(lines, at, result);
    return { ok: true, value: result };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, problem: error.problem };
    throw error;
  }
}

function readEntry(lines: readonly string[], start: number, into: Map<string, string | Map<string, string>>): number {
  const line = lines[start] ?? '';
  const number = start + 2;
  if (line.trim() === '' || line.startsWith('#')) return start + 1;
  const match = KEY.exec(line.trimEnd());
  const key = match?.[1];
  if (match === null || key === undefined) throw new Refusal('yaml_invalid', 'expected "key: value"', number);
  if (into.has(key)) throw new Refusal('duplicate_key', key, number);
  const rest = match[2]?.trim() ?? '';
  if (/^[|>]-?$/.test(rest)) {
    const [text, next] = readBlock(lines, start + 1, rest.startsWith('>'));
    into.set(key, text);
    return next;
  }
  if (rest !== '') {
    into.set(key, scalar(rest, number));
    return start + 1;
  }
  const map = new Map<string, string>();
  let at = start + 1;
  for (; at < lines.length; at++) {
    const row = lines[at] ?? '';
    if (row.trim() === '') continue;
    if (!row.startsWith('  ')) break;
    const inner = KEY.exec(row.slice(2).trimEnd());
    const name = inner?.[1];
    if (name === undefined || row.startsWith('   '))
      throw new Refusal('yaml_invalid', 'expected "  key: value"', at + 2);
    if (map.has(name)) throw new Refusal('duplicate_key', name, at + 2);
    map.set(name, scalar(inner?.[2] ?? '', at + 2));
  }
  into.set(key, map);
  return at;
}

function readBlock(lines: readonly string[], start: number, folded: boolean): [string, number] {
  const rows: string[] = [];
  let at = start;
  for (; at < lines.length; at++) {
    const row = lines[at] ?? '';
    if (row.trim() !== '' && !row.startsWith('  ')) break;
    rows.push(row.slice(2).trimEnd());
  }
  return [rows.join(folded ? ' ' : '\n').trim(), at];
}
