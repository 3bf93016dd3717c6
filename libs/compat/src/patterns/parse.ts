// Reads the regular part of ECMA-262 patterns (with the flag `u`). What is not regular or not read here (look-around, back references,
// word boundaries, Unicode properties, anchors inside a group) is answered with undefined: such a pattern equals itself and nothing more.
import { type Expression, type Expressions, LAST_POINT, type Ranges } from './expression.ts';

const MOST_CHARACTERS = 2_000;
const MOST_REPEATS = 1_000;
const MOST_DEPTH = 40;

const DIGITS: Ranges = [[48, 57]];
const WORDS: Ranges = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const SPACES: Ranges = [
  [9, 13],
  [32, 32],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const LINE_ENDS: Ranges = [
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
];
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0 };
const SYNTAX = new Set('^$\\.*+?()[]{}|/');

class NotRead extends Error {}

function tidy(ranges: readonly (readonly [number, number])[]): Ranges {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const result: [number, number][] = [];
  for (const [low, high] of sorted) {
    const last = result.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else result.push([low, high]);
  }
  return result;
}

function invert(ranges: Ranges): Ranges {
  const result: [number, number][] = [];
  let next = 0;
  for (const [low, high] of tidy(ranges)) {
    if (low > next) result.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= LAST_POINT) result.push([next, LAST_POINT]);
  return result;
}

/** One pass over the pattern, code point by code point. */
class Reader {
  readonly #points: readonly string[];
  readonly #make: Expressions;
  #at = 0;
  #depth = 0;

  constructor(pattern: string, make: Expressions) {
    this.#points = [...pattern];
    this.#make = make;
  }

  #peek(): string | undefined {
    return this.#points[this.#at];
  }

  #take(): string {
    const point = this.#points[this.#at++];
    if (point === undefined) throw new NotRead();
    return point;
  }

  #skip(point: string): boolean {
    if (this.#peek() !== point) return false;
    this.#at++;
    return true;
  }

  /** Alternatives that may begin with `^` and end with `$`: where one is missing, anything may stand. */
  pattern(): Expression {
    const make = this.#make;
    const options: Expression[] = [];
    do {
      const begins = this.#skip('^');
      const body = this.#sequence();
      const ends = this.#skip('$');
      const after = ends ? body : make.then(body, make.anything);
      options.push(begins ? after : make.then(make.anything, after));
    } while (this.#skip('|'));
    if (this.#peek() !== undefined) throw new NotRead();
    return make.either(options);
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    for (let next = this.#peek(); next !== undefined && !'|)$'.includes(next); next = this.#peek())
      parts.push(this.#quantified());
    return parts.reduceRight((rest, part) => this.#make.then(part, rest), this.#make.empty);
  }

  #quantified(): Expression {
    const atom = this.#atom();
    const bounds = this.#bounds();
    if (bounds === undefined) return atom;
    this.#skip('?');
    return this.#make.repeat(atom, ...bounds);
  }

  #bounds(): [number, number] | undefined {
    if (this.#skip('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#skip('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#skip('?')) return [0, 1];
    if (!this.#skip('{')) return undefined;
    let text = '';
    while (!this.#skip('}')) text += this.#take();
    const [, least, comma, most = ''] = /^(\d+)(?:(,)(\d*))?$/.exec(text) ?? [];
    if (least === undefined) throw new NotRead();
    const min = Number(least);
    const max = comma === undefined ? min : most === '' ? Number.POSITIVE_INFINITY : Number(most);
    if (min > max || min > MOST_REPEATS || (max !== Number.POSITIVE_INFINITY && max > MOST_REPEATS))
      throw new NotRead();
    return [min, max];
  }

  #atom(): Expression {
    const point = this.#take();
    if (point === '(') return this.#group();
    if (point === '[') return this.#make.points(this.#set());
    if (point === '.') return this.#make.points(invert(LINE_ENDS));
    if (point === '\\') return this.#make.points(this.#escape());
    if (SYNTAX.has(point) && point !== '/') throw new NotRead();
    return this.#make.text(point);
  }

  #group(): Expression {
    if (this.#skip('?') && !this.#skip(':')) throw new NotRead();
    if (++this.#depth > MOST_DEPTH) throw new NotRead();
    const options = [this.#sequence()];
    while (this.#skip('|')) options.push(this.#sequence());
    if (!this.#skip(')')) throw new NotRead();
    this.#depth--;
    return this.#make.either(options);
  }

  #set(): Ranges {
    const inverted = this.#skip('^');
    const ranges: (readonly [number, number])[] = [];
    while (!this.#skip(']')) {
      const low = this.#member();
      if (this.#peek() !== '-' || this.#points[this.#at + 1] === ']') {
        ranges.push(...low);
        continue;
      }
      this.#take();
      const [from, to] = [single(low), single(this.#member())];
      if (from > to) throw new NotRead();
      ranges.push([from, to]);
    }
    return inverted ? invert(ranges) : tidy(ranges);
  }

  #member(): Ranges {
    const point = this.#take();
    if (point !== '\\') return only(point);
    if (this.#skip('-')) return only('-');
    if (this.#skip('b')) return [[8, 8]];
    return this.#escape();
  }

  #escape(): Ranges {
    const point = this.#take();
    const set = { d: DIGITS, w: WORDS, s: SPACES }[point.toLowerCase()];
    if (set !== undefined) return point === point.toLowerCase() ? set : invert(set);
    const control = CONTROLS[point];
    // `\0` before a digit is no escape under the flag `u`.
    if (control !== undefined && !(point === '0' && /\d/.test(this.#peek() ?? ''))) return [[control, control]];
    if (point === 'x') return this.#hex(2);
    if (point === 'u') return this.#unicode();
    if (SYNTAX.has(point)) return only(point);
    throw new NotRead();
  }

  #hex(digits: number): Ranges {
    let text = '';
    for (let count = 0; count < digits; count++) text += this.#take();
    if (!/^[\da-f]+$/i.test(text)) throw new NotRead();
    const value = Number.parseInt(text, 16);
    // Two escapes may be the halves of one code point: not read.
    if (value > LAST_POINT || (value >= 0xd800 && value <= 0xdfff)) throw new NotRead();
    return [[value, value]];
  }

  #unicode(): Ranges {
    if (!this.#skip('{')) return this.#hex(4);
    const close = this.#points.indexOf('}', this.#at);
    if (close === -1 || close === this.#at || close - this.#at > 6) throw new NotRead();
    const ranges = this.#hex(close - this.#at);
    this.#at++;
    return ranges;
  }
}

function only(point: string): Ranges {
  const value = point.codePointAt(0) ?? 0;
  return [[value, value]];
}

function single(ranges: Ranges): number {
  const [first] = ranges;
  if (first === undefined || ranges.length !== 1 || first[0] !== first[1]) throw new NotRead();
  return first[0];
}

/** The texts that hold a match of the pattern, or undefined where it is not read. Linear in the pattern. */
export function parsePattern(pattern: string, make: Expressions): Expression | undefined {
  if (pattern.length > MOST_CHARACTERS || !pattern.isWellFormed()) return undefined;
  try {
    return new Reader(pattern, make).pattern();
  } catch (error) {
    if (error instanceof NotRead) return undefined;
    throw error;
  }
}
