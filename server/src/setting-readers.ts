// Owns what a setting is, and how the text of one is read.
// Promises undefined for every text that is not what is expected; a reader throws nothing.
// Must never know a setting by name.

export interface Setting<T> {
  readonly env: string;
  /** Undefined for a secret. */
  readonly flag?: string;
  readonly about: string;
  readonly expected: string;
  readonly example: string;
  readonly fallback?: string;
  /** The value, or undefined when the text is not what is expected. */
  readonly parse: (text: string) => T | undefined;
}

export function whole(least: number, most: number): (text: string) => number | undefined {
  return (text) => {
    const value = Number(text);
    return /^\d{1,9}$/.test(text) && value >= least && value <= most ? value : undefined;
  };
}

export function url(protocols: readonly string[]): (text: string) => URL | undefined {
  return (text) => {
    const parsed = URL.parse(text);
    return parsed !== null && protocols.includes(parsed.protocol) && parsed.hash === '' ? parsed : undefined;
  };
}

export function list(is: (item: string) => boolean): (text: string) => readonly string[] | undefined {
  return (text) => {
    const items = text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
    return items.every(is) ? items : undefined;
  };
}

export function money(text: string): string | undefined {
  return /^\d{1,6}(\.\d{1,6})?$/.test(text) ? text : undefined;
}

export function oneOf<T extends string>(...words: readonly T[]): (text: string) => T | undefined {
  return (text) => words.find((word) => word === text);
}
