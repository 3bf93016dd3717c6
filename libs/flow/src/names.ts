// Names that look like other names, and texts that a person must not be fooled by (R17, R30).
import { sanitize } from './sanitize.ts';

const PAIRS =
  '\u0430a \u0441c \u0435e \u043eo \u0440p \u0445x \u0443y \u0456i \u0455s \u0458j \u0501d \u051bq \u04bbh \u043dh \u043cm \u0442t \u0432b \u043ak \u03b1a \u03bfo \u03c1p \u03bdv \u03b9i \u03bak \u03c4t \u03b5e \u03c5u \u0131i \u0142l \u01c0l \u05c0l 0o 1l |l';
const LOOKS = new Map(PAIRS.split(' ').map((pair) => [pair[0] ?? '', pair[1] ?? '']));

/** Names of one skeleton look alike. */
export function skeleton(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return [...plain]
    .map((sign) => LOOKS.get(sign) ?? sign)
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w');
}

export type NameFlag = 'mixed_script' | 'punycode' | 'not_ascii' | 'looks_like_stated' | 'hidden_characters';

/** What a person should know of an address before approving it. */
export function flagAddress(value: string, stated: Iterable<string>): NameFlag[] {
  const flags: NameFlag[] = [];
  const isAddress = /[@/.]/.test(value) && !/\s/.test(value);
  if (sanitize(value).text !== value) flags.push('hidden_characters');
  if (!isAddress) return flags;
  const scripts = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee'].filter((script) =>
    new RegExp(`\\p{Script=${script}}`, 'u').test(value.replace(/^[a-z]+:\/\//i, '')),
  );
  if (scripts.length > 1) flags.push('mixed_script');
  if (/(?:^|[@./])xn--/i.test(value)) flags.push('punycode');
  if (/[^\x20-\x7e]/.test(value)) flags.push('not_ascii');
  const looks = skeleton(value);
  for (const one of stated)
    if (one.toLowerCase() !== value.toLowerCase() && skeleton(one) === looks) {
      flags.push('looks_like_stated');
      break;
    }
  return flags;
}

const VISIBLE = /\p{C}|\p{Zl}|\p{Zp}|\p{Default_Ignorable_Code_Point}|\u00a0/gu;
const LOOKALIKES: Readonly<Record<string, string>> = {
  '<': '\u2039',
  '>': '\u203a',
  '[': '\u27e6',
  ']': '\u27e7',
  '`': '\u02cb',
  '&': '\uff06',
  '*': '\u2217',
};

/** A text for a card: no markup, no invisible sign, isolated from the direction of the text around it, cut in its middle (R17). */
export function showInert(text: string, most = 400): string {
  const signs = [...text.slice(0, 200_000).toWellFormed()];
  const cut = signs.length > most;
  const half = Math.floor(most / 2);
  const kept = cut ? [...signs.slice(0, half), ` … ${signs.length - 2 * half} more … `, ...signs.slice(-half)] : signs;
  const shown = kept
    .join('')
    .replace(
      VISIBLE,
      (sign) => `\u27e8U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}\u27e9`,
    )
    .replace(/[<>[\]`&*]/g, (sign) => LOOKALIKES[sign] ?? sign);
  return `\u2068${shown}\u2069`;
}
