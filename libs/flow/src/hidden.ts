// Characters that a person does not see and a model may read (R25): they go, and what they spelt is told.

export interface Stripped {
  readonly text: string;
  readonly count: number;
  /** What the hidden characters spelt, where they spell something. */
  readonly decoded: string;
}

const MOST_DECODED = 2_000;
const HIDDEN_CLASS =
  '\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164\\ufdd0-\\ufdef\\ufe00-\\ufe0d\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}';
const NONCHARACTERS = Array.from({ length: 16 }, (_none, plane) => {
  const last = ((plane + 1) * 0x10000 + 0xfffe).toString(16);
  const next = ((plane + 1) * 0x10000 + 0xffff).toString(16);
  return `\\u{${last}}\\u{${next}}`;
}).join('');

/** Scripts whose spelling needs the zero-width joiner and non-joiner between two letters. */
const JOINING = ['Arab', 'Syrc', 'Deva', 'Beng', 'Guru', 'Gujr', 'Orya', 'Taml', 'Telu', 'Knda', 'Mlym', 'Sinh']
  .concat(['Khmr', 'Mymr', 'Mong', 'Tibt', 'Nkoo', 'Thaa'])
  .map((script) => `\\p{Script=${script}}`)
  .join('');

const ANSI =
  /\u001b(?:\[[0-9;:?<=>]{0,40}[ -/]{0,4}[@-~]|[\]PX^_][^\u0007\u001b\u009c]{0,400}(?:\u0007|\u001b\\|\u009c))/g;
// A subdivision flag is a black flag, a region in tag letters and a closing tag: the one honest use of tags.
const ALWAYS = new RegExp(
  `\\u{1f3f4}[\\u{e0061}-\\u{e007a}]{2}[\\u{e0030}-\\u{e0039}\\u{e0061}-\\u{e007a}]{1,3}\\u{e007f}|[${HIDDEN_CLASS}${NONCHARACTERS}]`,
  'gu',
);
const SELECTOR = /(?<![\p{Emoji}])[\ufe0e\ufe0f]/gu;
const JOINER = new RegExp(
  `(?<![${JOINING}])\\u200c|\\u200c(?![${JOINING}])|(?<![${JOINING}\\p{Extended_Pictographic}\\u{1f3fb}-\\u{1f3ff}\\ufe0f])\\u200d|\\u200d(?![${JOINING}\\p{Extended_Pictographic}])`,
  'gu',
);
const EVERY = new RegExp(`[${HIDDEN_CLASS}${NONCHARACTERS}\\u200c\\u200d\\ufe0e\\ufe0f]`, 'gu');
const REFERENCE = /&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,8}));/g;

/** A reference such as `&#x200b;` is a hidden character in other clothes. */
function isHiddenReference(hex: string | undefined, decimal: string | undefined): boolean {
  const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  if (!Number.isInteger(point) || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return true;
  return String.fromCodePoint(point).search(EVERY) === 0;
}

/** One pass over the text. Linear. */
export function stripHidden(input: string): Stripped {
  let count = 0;
  const spelt: string[] = [];
  const hide = (mark: string): string => {
    if (mark.startsWith('\u{1f3f4}')) return mark;
    count++;
    if (spelt.length < MOST_DECODED) spelt.push(mark);
    return '';
  };
  const text = input
    .replace(ANSI, hide)
    .replace(ALWAYS, hide)
    .replace(SELECTOR, hide)
    .replace(JOINER, hide)
    .replace(REFERENCE, (mark, hex: string | undefined, decimal: string | undefined) =>
      isHiddenReference(hex, decimal) ? hide(mark) : mark,
    );
  return { text, count, decoded: spell(spelt) };
}

/** Removes everything that the careful pass weighs by its neighbours as well. */
export function stripEveryHidden(input: string): Stripped {
  let count = 0;
  const text = input.replace(EVERY, () => {
    count++;
    return '';
  });
  return { text, count, decoded: '' };
}

/** Tags spell ASCII, variation selectors spell bytes, two zero-width characters spell bits. */
function spell(marks: readonly string[]): string {
  const parts: string[] = [];
  const bytes: number[] = [];
  let bits = '';
  for (const mark of marks) {
    const point = mark.codePointAt(0) ?? 0;
    if (point >= 0xe0020 && point <= 0xe007e) parts.push(String.fromCharCode(point - 0xe0000));
    else if (point >= 0xe0100 && point <= 0xe01ef) bytes.push(point - 0xe0100 + 16);
    else if (point >= 0xfe00 && point <= 0xfe0f) bytes.push(point - 0xfe00);
    else if (point === 0x200b || point === 0x200c) bits += point === 0x200b ? '0' : '1';
  }
  for (let at = 0; at + 8 <= bits.length; at += 8) bytes.push(Number.parseInt(bits.slice(at, at + 8), 2));
  const spelt = parts.join('') + new TextDecoder().decode(Uint8Array.from(bytes));
  const shown = spelt.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '');
  return /[\p{L}\p{N}]{2}/u.test(shown) ? shown.slice(0, MOST_DECODED) : '';
}
