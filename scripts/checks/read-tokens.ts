// Reads TypeScript into words, signs and literals, enough for questions about the house: what is imported, which text is SQL.
// Not a parser: the compiler of this release offers no interface to its tree, and these questions need only that comments, strings
// and nested templates are told apart. A quote that does not close on its line (text between JSX tags) ends with the line.

export interface Token {
  readonly kind: 'word' | 'sign' | 'string' | 'regex' | 'template';
  /** A word or a sign as written; the content of a string. */
  readonly text: string;
  readonly line: number;
  /** Of a template: the texts around its holes, and the tokens of each hole. */
  readonly strings?: readonly string[];
  readonly holes?: readonly (readonly Token[])[];
}

const WORD = /[\p{L}\p{N}_$#]+/uy;
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^\\/[\n])+\/[a-z]*/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0' };
/** After these words a slash begins a regular expression, after any other word it divides. */
const BEFORE_REGEX = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'do',
  'else',
  'void',
  'delete',
  'await',
  'yield',
]);

class Reader {
  readonly #source: string;
  #at = 0;
  #line = 1;

  constructor(source: string) {
    this.#source = source;
  }

  /** Tokens up to the end, or up to the brace that closes a hole. */
  read(inHole: boolean): Token[] {
    const tokens: Token[] = [];
    let depth = 0;
    while (this.#at < this.#source.length) {
      if (this.#skipBlank()) continue;
      const char = this.#source[this.#at] ?? '';
      if (inHole && char === '}' && depth === 0) {
        this.#at++;
        return tokens;
      }
      if (char === '{') depth++;
      if (char === '}') depth--;
      tokens.push(this.#next(char, tokens.at(-1)));
    }
    return tokens;
  }

  #skipBlank(): boolean {
    const source = this.#source;
    const char = source[this.#at] ?? '';
    if (/\s/.test(char)) {
      if (char === '\n') this.#line++;
      this.#at++;
      return true;
    }
    const two = source.slice(this.#at, this.#at + 2);
    if (two !== '//' && two !== '/*') return false;
    const close = source.indexOf(two === '//' ? '\n' : '*/', this.#at + 2);
    const end = close === -1 ? source.length : close + (two === '//' ? 0 : 2);
    this.#line += source.slice(this.#at, end).split('\n').length - 1;
    this.#at = end;
    return true;
  }

  #next(char: string, before: Token | undefined): Token {
    if (char === "'" || char === '"') return this.#string(char);
    if (char === '`') return this.#template();
    const word = this.#match(WORD);
    if (word !== undefined) return { kind: 'word', text: word, line: this.#line };
    if (char === '/' && mayBeginRegex(before)) {
      const regex = this.#match(REGEX);
      if (regex !== undefined) return { kind: 'regex', text: regex, line: this.#line };
    }
    this.#at++;
    return { kind: 'sign', text: char, line: this.#line };
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #string(quote: string): Token {
    const line = this.#line;
    let text = '';
    this.#at++;
    while (this.#at < this.#source.length) {
      const char = this.#source[this.#at] ?? '';
      if (char === '\n') break;
      this.#at++;
      if (char === quote) break;
      text += char === '\\' ? this.#escaped() : char;
    }
    return { kind: 'string', text, line };
  }

  #escaped(): string {
    const char = this.#source[this.#at] ?? '';
    this.#at++;
    if (char === '\n') this.#line++;
    return char === '\n' ? '' : (ESCAPES[char] ?? char);
  }

  #template(): Token {
    const line = this.#line;
    const strings: string[] = [];
    const holes: (readonly Token[])[] = [];
    let text = '';
    this.#at++;
    while (this.#at < this.#source.length) {
      const char = this.#source[this.#at] ?? '';
      this.#at++;
      if (char === '`') break;
      if (char === '\n') this.#line++;
      if (char === '$' && this.#source[this.#at] === '{') {
        this.#at++;
        strings.push(text);
        text = '';
        holes.push(this.read(true));
        continue;
      }
      text += char === '\\' ? this.#escaped() : char;
    }
    return { kind: 'template', text: '', line, strings: [...strings, text], holes };
  }
}

function mayBeginRegex(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === 'word') return BEFORE_REGEX.has(before.text);
  return before.kind === 'sign' && !/[)\]}<]/.test(before.text);
}

export function readTokens(source: string): Token[] {
  return new Reader(source).read(false);
}

/** Calls `visit` with each run of tokens: the file's own, and those of every hole at any depth. */
export function eachRun(tokens: readonly Token[], visit: (run: readonly Token[]) => void): void {
  visit(tokens);
  for (const token of tokens) for (const hole of token.holes ?? []) eachRun(hole, visit);
}
