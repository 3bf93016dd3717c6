// Draws values from a seed, so that no rule can fit one value and every failure can be repeated.

export interface Draw {
  below(most: number): number;
  of<Item>(items: readonly Item[]): Item;
  text(alphabet: string, length: number): string;
}

export const LOWER = 'abcdefghijklmnopqrstuvwxyz';
export const UPPER = LOWER.toUpperCase();
export const DIGITS = '0123456789';
export const HEX = `${DIGITS}abcdef`;
export const WORD = `${LOWER}${UPPER}${DIGITS}`;

export function createDraw(seed: number): Draw {
  let state = seed >>> 0;
  const below = (most: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
  const of = <Item>(items: readonly Item[]): Item => {
    const item = items[below(items.length)];
    if (item === undefined) throw new RangeError('nothing to draw from');
    return item;
  };
  const text = (alphabet: string, length: number): string =>
    Array.from({ length }, () => alphabet[below(alphabet.length)]).join('');
  return { below, of, text };
}

/** A random key of one of the alphabets that keys come in; it always holds a letter and a digit. */
export function drawKey(draw: Draw): string {
  const length = 20 + draw.below(24);
  const body = draw.of([
    () => draw.text(WORD, length),
    () => draw.text(HEX, 32),
    () => draw.text(`${WORD}-_`, length),
    () => draw.text(WORD, 40),
  ])();
  return `${draw.text(LOWER, 1)}${draw.text(DIGITS, 1)}${body}${draw.text(WORD, 1)}`;
}

/** A password as people choose them. */
export function drawPassword(draw: Draw): string {
  const sign = draw.of(['!', '$', '.', '*', '_', '-', '~', '^', '+']);
  return draw.of([
    () => `${draw.text(UPPER, 1)}${draw.text(LOWER, 6)}${sign}${draw.text(DIGITS, 3)}`,
    () => `${draw.text(LOWER, 4)}${draw.text(DIGITS, 4)}${sign}${draw.text(UPPER, 3)}`,
    () => draw.text(WORD, 12) + draw.text(DIGITS, 1),
  ])();
}

export function drawJwt(draw: Draw): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: draw.of(['RS256', 'ES256', 'HS256']), typ: 'JWT' })}.${part({ sub: draw.text(HEX, 12), exp: 1_790_000_000 })}.${draw.text(`${WORD}-_`, 86)}`;
}

export function drawPem(draw: Draw): string[] {
  return Array.from({ length: 4 }, () => draw.text(`${WORD}+/`, 64));
}
