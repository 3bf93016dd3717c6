// Strict YAML, as the reference validator of Agent Skills reads it: block style only, every scalar a string, and no anchors, aliases, tags,
// flow style or keys that stand twice. Two readers of another strictness may see two skills in one file.
import { type Line, Refusal, readBlockScalar, readQuoted, withoutComment } from './yaml-scalars.ts';

export type Yaml = string | readonly Yaml[] | ReadonlyMap<string, Yaml>;

const MOST_DEPTH = 30;
const KEY = /^((?:[^\s\-?:,[\]{}#&*!|>'"%@`]|[-?:](?=\S))(?:[^:#]|:(?=\S)|(?<=\S)#)*?)\s*:(?:\s+(.*))?$/su;

class Reader {
  readonly #lines: Line[];
  #at = 0;
  #step: number | undefined;

  constructor(text: string) {
    this.#lines = text.split(/\r\n|\r|\n/).map((raw, index) => {
      const body = raw.trimStart();
      return { raw, text: body.trimEnd(), indent: raw.length - body.length, number: index + 1 };
    });
  }

  /** The next line that is neither blank nor a comment. */
  #peek(): Line | undefined {
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at];
      if (line === undefined || line.text === '' || line.text.startsWith('#')) continue;
      if (line.raw.slice(0, line.indent).includes('\t'))
        throw new Refusal('yaml_invalid', 'a tab in the indentation', line);
      return line;
    }
    return undefined;
  }

  document(): Yaml {
    const first = this.#peek();
    if (first === undefined) return '';
    const value = this.#block(first.indent, 0);
    const left = this.#peek();
    if (left !== undefined) throw new Refusal('yaml_invalid', 'does not belong to what stands before it', left);
    return value;
  }

  #block(indent: number, depth: number): Yaml {
    const line = this.#peek();
    if (line === undefined) return '';
    if (depth > MOST_DEPTH) throw new Refusal('yaml_invalid', 'too deep', line);
    if (/^-(?:\s|$)/.test(line.text)) return this.#sequence(indent, depth);
    return KEY.test(line.text) || /^["'].*["']\s*:(?:\s|$)/.test(line.text)
      ? this.#mapping(indent, depth)
      : this.#value(line, line.text, indent - 1, depth);
  }

  #sequence(indent: number, depth: number): Yaml[] {
    const items: Yaml[] = [];
    for (let line = this.#peek(); line?.indent === indent && /^-(?:\s|$)/.test(line.text); line = this.#peek()) {
      const rest = line.text.slice(1).trimStart();
      if (KEY.test(rest) && !/^["'&*!{[|>]/.test(rest)) {
        // A mapping that begins beside the dash stands as deep as its first key.
        const inner = indent + line.text.length - rest.length;
        this.#lines[this.#at] = { ...line, raw: ' '.repeat(inner) + rest, text: rest, indent: inner };
        items.push(this.#mapping(inner, depth + 1));
      } else items.push(this.#value(line, rest, indent, depth + 1));
    }
    return items;
  }

  #mapping(indent: number, depth: number): Map<string, Yaml> {
    const map = new Map<string, Yaml>();
    for (let line = this.#peek(); line?.indent === indent; line = this.#peek()) {
      const [key, rest] = this.#key(line);
      if (map.has(key)) throw new Refusal('duplicate_key', key, line);
      map.set(key, this.#value(line, rest, indent, depth + 1, true));
    }
    const next = this.#peek();
    if (next !== undefined && next.indent > indent)
      throw new Refusal('yaml_invalid', 'indented deeper than its neighbours', next);
    return map;
  }

  #key(line: Line): [string, string] {
    const quoted = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*:(?:\s+(.*))?$/.exec(line.text);
    if (quoted?.[1] !== undefined) return [readQuoted([quoted[1]], line).value, quoted[2] ?? ''];
    refuseIndicators(line.text, line);
    const match = KEY.exec(line.text);
    if (match?.[1] === undefined) throw new Refusal('yaml_invalid', 'expected "key: value"', line);
    return [match[1], match[2] ?? ''];
  }

  /** What stands behind a key or a dash: on the same line, or deeper on the next ones. */
  #value(line: Line, rest: string, indent: number, depth: number, underKey = false): Yaml {
    this.#at++;
    const here = rest.startsWith('#') ? '' : rest;
    if (here === '') return this.#nested(indent, depth, underKey);
    if (/^[|>]/.test(here)) {
      const { value, next } = readBlockScalar(this.#lines, this.#at, here, indent, line);
      this.#at = next;
      return value;
    }
    if (/^["']/.test(here)) {
      const rows = [here, ...this.#lines.slice(this.#at).map(({ text }) => text)];
      const { value, used } = readQuoted(rows, line);
      this.#at += used - 1;
      return value;
    }
    refuseIndicators(here, line);
    return this.#plain(here, indent, line);
  }

  #nested(indent: number, depth: number, underKey: boolean): Yaml {
    const next = this.#peek();
    if (next === undefined) return '';
    if (next.indent > indent) {
      if (underKey && !next.text.startsWith('- ')) this.#checkStep(next, next.indent - indent);
      return this.#block(next.indent, depth);
    }
    // A list may stand as deep as the key that it belongs to.
    return underKey && next.indent === indent && /^-(?:\s|$)/.test(next.text) ? this.#sequence(indent, depth) : '';
  }

  #checkStep(line: Line, step: number): void {
    this.#step ??= step;
    if (this.#step !== step) throw new Refusal('yaml_invalid', 'indented by another width than before', line);
  }

  #plain(first: string, indent: number, line: Line): string {
    const parts = [withoutComment(first)];
    let gap = 0;
    // A comment ends a plain scalar; what is indented deeper goes on with it.
    let ended = parts[0] !== first;
    for (; this.#at < this.#lines.length; this.#at++) {
      const next = this.#lines[this.#at];
      if (next === undefined) break;
      if (next.text === '') {
        gap++;
        continue;
      }
      if (next.indent <= indent || next.text.startsWith('#')) break;
      if (ended) throw new Refusal('yaml_invalid', 'a scalar does not go on after a comment', next);
      const part = withoutComment(next.text);
      ended = part !== next.text;
      parts.push(gap > 0 ? '\n'.repeat(gap) : ' ', part);
      gap = 0;
    }
    const pieces = parts.filter((_part, index) => index % 2 === 0);
    if (pieces.some((part) => /:(?:\s|$)/.test(part)))
      throw new Refusal('yaml_invalid', 'a plain value holds ": "; quote it', line);
    return parts.join('');
  }
}

function refuseIndicators(text: string, line: Line): void {
  if (/^[&*]/.test(text)) throw new Refusal('yaml_unsupported', 'anchors and aliases are not read', line);
  if (text.startsWith('!')) throw new Refusal('yaml_unsupported', 'tags are not read', line);
  if (/^[{[]/.test(text)) throw new Refusal('yaml_unsupported', 'flow style is not read', line);
  if (/^[%@`,}\]]/.test(text) || /^[-?:](?:\s|$)/.test(text))
    throw new Refusal('yaml_invalid', `a value may not begin with ${text[0]}; quote it`, line);
}

export function readYaml(
  text: string,
): { ok: true; value: Yaml } | { ok: false; code: string; detail: string; line: number } {
  try {
    return { ok: true, value: new Reader(text).document() };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, code: error.code, detail: error.message, line: error.line };
    throw error;
  }
}
