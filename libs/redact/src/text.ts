// Finds secrets inside text: names with values, URLs, schemes, keys and tokens, then the same in decoded forms (RD6, RD7).
import { isSecretKey, isSecretParameter, takesLine } from './keys.ts';

const MARK = '[redacted]';
const MOST_ENCODED = 16_384;
const LEVELS = 2;

// Every quantifier is bounded or cannot start inside its own run, so no input makes these quadratic.
const PEM =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END)[\s\S])*(?:-----END [A-Z0-9 ]{0,60}-----)?/g;
const JWT = /(?<![\w-])eyJ[\w-]{6,}(?:\.[\w-]*){1,4}/g;
const VENDOR =
  /(?<![A-Za-z0-9])(?:sp_(?:live|test|op)_\w{8,200}|(?:sk|rk|pk)_(?:live|test)_\w{8,200}|sk-[\w-]{16,300}|whsec_[\w+/=]{8,200}|gh[pousr]_\w{16,255}|github_pat_\w{16,255}|glpat-[\w-]{16,100}|xox[abeprs]-[\w-]{8,250}|xapp-[\w-]{8,250}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{30,60}|ya29\.[\w-]{16,400}|npm_\w{30,60}|pypi-[\w-]{16,300}|SG\.[\w-]{16,40}\.[\w-]{16,80}|hf_\w{20,60}|dop_v1_[0-9a-f]{40,80}|shp(?:at|ss|ca|pa)_[0-9a-f]{20,60}|AGE-SECRET-KEY-1[A-Z0-9]{30,80})/g;
const SCHEME =
  /\b(Bearer|Basic|Token|Negotiate|ApiKey|Digest|DPoP)(\s{1,3})(?=[^\s"',;]{0,200}[\d=+/])([\w.~+/=:-]{8,4096})/gi;
const USERINFO = /(:\/\/)(?:[^\s/@:?#"']{0,200}:[^\s/@"']{1,500}|[^\s/@:?#"']{16,500})@/g;
const PARAMETER = /([?&#;])([\w.%[\]-]{1,60})=([^&#\s"'<>]{1,4096})/g;
const ELEMENT = /<([\w.:-]{2,80})>([^<]{1,4096})(?=<\/)/g;
const NAMED =
  /(name=|["'](?:name|key|header)["']\s{0,3}:\s{0,3})(["'])([\w.-]{2,80})\2((?:[ \t]{0,3}[,;]?[ \t]{0,3}["']?value["']?[ \t]{0,3}[:=][ \t]{0,3}["'])|\r?\n(?:[\w-]{1,40}:[^\r\n]{0,200}\r?\n)?\r?\n)([^"'\r\n]{1,4096})/gi;
const ARGUMENT =
  /(?<![\w-])(--?[A-Za-z][\w-]{1,60})([ \t]{1,4})("[^"\n]{1,2000}"|'[^'\n]{1,2000}'|[^\s"'-][^\s"']{0,2000})/g;
const USER = /(\s(?:-u|--user|--proxy-user)[ =]?["']?[^\s:"']{1,100}:)([^\s"']{1,500})/g;
const KEY =
  /(?<![\w.-])([\w.-]{2,80})(\\{0,7}["']?(?:\s{0,4}(?:=>|[:=])\s{0,4}|(?<=["'])\s{0,3},\s{0,3}(?=\\{0,7}["'])))/g;
const QUOTE = /\\{0,7}["']/y;
const BARE = /[^\s,;&"'<>\\)}\]]{1,4096}|\[redacted\]/y;
const LINE = /[^\r\n"'\\]{1,8192}/y;

function keyed(text: string): string {
  let out = '';
  let done = 0;
  KEY.lastIndex = 0;
  for (let match = KEY.exec(text); match !== null; match = KEY.exec(text)) {
    const name = match[1] ?? '';
    const gap = match[2] ?? '';
    if (!isSecretKey(name)) continue;
    const start = match.index + match[0].length;
    const [from, to] = valueAt(text, start, name, gap);
    if (to <= from) continue;
    out += text.slice(done, from) + MARK;
    done = to;
    KEY.lastIndex = to;
  }
  return done === 0 ? text : out + text.slice(done);
}

function valueAt(text: string, start: number, name: string, gap: string): [number, number] {
  QUOTE.lastIndex = start;
  const quote = QUOTE.exec(text)?.[0];
  if (quote !== undefined) {
    const from = start + quote.length;
    let end = text.indexOf(quote, from);
    while (end > 0 && quote.length === 1 && text[end - 1] === '\\' && text[end - 2] !== '\\')
      end = text.indexOf(quote, end + 1);
    return [from, end === -1 ? text.length : end];
  }
  if (text.startsWith(MARK, start) && !takesLine(name)) return [start, start];
  const shape = takesLine(name) ? LINE : BARE;
  shape.lastIndex = start;
  const value = shape.exec(text)?.[0];
  if (value === undefined || /^(?:true|false|null|undefined|none)$/i.test(value)) return [start, start];
  // "token: the word goes on" is prose, "token: k3y" is not.
  const prose = /:\s+$/.test(gap) && /^[A-Za-z]{1,20}[.!?]?(?:$|[ \n])/.test(text.slice(start, start + 24));
  const goesOn = /^[A-Za-z]{1,20} [A-Za-z]{1,20}(?:[ .,;]|$)/.test(text.slice(start, start + 44));
  if (prose && goesOn && !/^(?:Bearer|Basic|Token|Digest|Negotiate|ApiKey) /i.test(value)) return [start, start];
  return [start, start + value.length];
}

function patterns(input: string): string {
  let text = input.includes('PRIVATE KEY') ? input.replace(PEM, MARK) : input;
  text = keyed(text);
  if (text.includes('eyJ')) text = text.replace(JWT, MARK);
  text = text.replace(VENDOR, MARK).replace(SCHEME, (_all, scheme: string, gap: string) => `${scheme}${gap}${MARK}`);
  if (text.includes('://')) text = text.replace(USERINFO, `$1${MARK}@`);
  if (text.includes('=')) {
    text = text.replace(PARAMETER, (all, mark: string, name: string) =>
      isSecretParameter(name) ? `${mark}${name}=${MARK}` : all,
    );
  }
  if (text.includes('</'))
    text = text.replace(ELEMENT, (all, name: string) => (isSecretKey(name) ? `<${name}>${MARK}` : all));
  if (/name|key|header/i.test(text)) {
    text = text.replace(NAMED, (all, lead: string, quote: string, name: string, gap: string) =>
      isSecretKey(name) ? `${lead}${quote}${name}${quote}${gap}${MARK}` : all,
    );
  }
  if (text.includes('-')) {
    text = text
      .replace(ARGUMENT, (all, name: string, gap: string) => (isSecretKey(name) ? `${name}${gap}${MARK}` : all))
      .replace(USER, `$1${MARK}`);
  }
  return text;
}

function printable(text: string): boolean {
  return text.length > 3 && /^[\t\n\r\x20-\x7e]*$/.test(text);
}

function holds(decoded: string, level: number): boolean {
  return printable(decoded) && redactLevel(decoded, level + 1) !== decoded;
}

function percent(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function unescaped(text: string): string {
  return text
    .replace(/\u001b\[[0-9;?]{0,20}[@-~]/g, '')
    .replace(/\\u([0-9a-f]{4})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/&#x([0-9a-f]{2,4});/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/&#(\d{2,4});/g, (_all, digits: string) => String.fromCharCode(Number(digits)))
    .replace(/&quot;/g, '"')
    .replace(/&(?:apos|#39);/g, "'")
    .replace(/&amp;/g, '&');
}

function redactLevel(input: string, level: number): string {
  let text = patterns(input);
  if (level >= LEVELS) return text;
  if (/[\u001b&]|\\u/.test(text)) {
    const plain = unescaped(text);
    // The decoded text is kept, for its masked form says more than one mark would.
    if (plain !== text) {
      const masked = patterns(plain);
      if (masked !== plain) text = masked;
    }
  }
  if (text.includes('%')) {
    text = text.replace(/[^\s"'<>]+/g, (token) =>
      token.length <= MOST_ENCODED && token.includes('%') && holds(percent(token), level) ? MARK : token,
    );
  }
  return text
    .replace(/(?<![0-9A-Za-z])(?:[0-9a-f]{24,}|[0-9A-F]{24,})(?![0-9A-Za-z])/g, (blob) =>
      blob.length <= MOST_ENCODED && holds(Buffer.from(blob, 'hex').toString('latin1'), level) ? MARK : blob,
    )
    .replace(/(?<![\w+/-])[\w+/-]{16,}={0,2}/g, (blob) =>
      blob.length <= MOST_ENCODED && holds(Buffer.from(blob, 'base64').toString('latin1'), level) ? MARK : blob,
    );
}

/** One pass; the caller repeats it until nothing changes. */
export function redactOnce(text: string): string {
  return redactLevel(text, 0);
}
