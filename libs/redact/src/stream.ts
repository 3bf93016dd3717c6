// Masks a stream line by line: safe where chunks are cut, bounded in memory, and awake to secrets that span lines.
import { Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

export interface RedactTransformOptions {
  /** `ndjson` parses each line and masks it as a value; `text`, the default, masks it as text. */
  readonly format?: 'text' | 'ndjson';
  /** The most characters held back; a longer line is replaced by a note of its length. 1 MiB unless told. */
  readonly most?: number;
}

interface Masks {
  redact(value: unknown): unknown;
  redactText(text: string): string;
}

const MOST = 1 << 20;
/** More lines than this are not held back for what may follow them. */
const MOST_HELD = 65_536;
const KEY_BEGINS = /-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/g;
const KEY_ENDS = /-{4,5} ?END [A-Z0-9 ]{0,60}/;
/** Lines of a private key: base64, headers, nothing else. */
const KEY_LINE = /^[>\s\w.|:[\]-]{0,60}?[A-Za-z0-9+/=]{0,128}\s*$|^(?:Proc-Type|DEK-Info|Comment|Version):/;
/** A line that may name what only the next one holds. */
const OPENS = /(?:[:=|,>\\([{][-+\d]?|\bname="[^"\n]{1,80}")\s*$/;

export function createLineTransform(masks: Masks, options: RedactTransformOptions = {}): Transform {
  const decoder = new StringDecoder('utf8');
  const lines = options.format === 'ndjson' ? new JsonLines(masks) : new TextLines(masks);
  const most = options.most ?? MOST;
  let rest = '';
  let skipped = 0;

  const take = (text: string): string => {
    let out = '';
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      const line = rest + text.slice(from, end + 1);
      rest = '';
      from = end + 1;
      if (skipped > 0 || line.length > most) {
        out += lines.end() + tooLong(skipped + line.length, options.format);
        skipped = 0;
      } else out += lines.push(line);
    }
    rest += text.slice(from);
    if (rest.length > most || skipped > 0) {
      // The beginning of a line that is not kept whole cannot be judged, so none of it is shown.
      skipped += rest.length;
      rest = '';
    }
    return out;
  };

  return new Transform({
    decodeStrings: false,
    transform(chunk: unknown, _encoding, done) {
      const text = typeof chunk === 'string' ? chunk : decoder.write(chunk as Buffer);
      done(null, take(text));
    },
    flush(done) {
      const left = take(decoder.end());
      const last = rest === '' ? '' : lines.push(rest);
      done(null, left + last + lines.end() + (skipped > 0 ? tooLong(skipped, options.format) : ''));
    },
  });
}

function tooLong(characters: number, format: 'text' | 'ndjson' | undefined): string {
  return format === 'ndjson'
    ? `{"redaction":"line too long","characters":${characters}}\n`
    : `[redacted line of ${characters} characters]\n`;
}

class JsonLines {
  readonly #masks: Masks;

  constructor(masks: Masks) {
    this.#masks = masks;
  }

  push(line: string): string {
    const text = line.trimEnd();
    if (text === '') return line;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return this.#masks.redactText(text) + line.slice(text.length);
    }
    const masked = JSON.stringify(this.#masks.redact(value));
    // A line without secrets stays as it was written, to the last digit.
    return (masked === JSON.stringify(value) ? text : masked) + line.slice(text.length);
  }

  end(): string {
    return '';
  }
}

class TextLines {
  readonly #masks: Masks;
  #held = '';
  #inKey = false;

  constructor(masks: Masks) {
    this.#masks = masks;
  }

  push(line: string): string {
    if (this.#inKey) {
      const end = KEY_ENDS.exec(line);
      if (end === null && KEY_LINE.test(line)) return '';
      this.#inKey = false;
      return end === null ? this.push(line) : this.push(line.slice(end.index + end[0].length).replace(/^-{4,5}/, ''));
    }
    this.#held += line;
    if (this.#cutKey()) {
      this.#inKey = true;
      return this.end();
    }
    return this.#held.length < MOST_HELD && this.#mayGoOn(line) ? '' : this.end();
  }

  end(): string {
    if (this.#held === '') return '';
    const text = this.#held;
    this.#held = '';
    const masked = this.#masks.redactText(text);
    return text.endsWith('\n') && !masked.endsWith('\n') ? `${masked}\n` : masked;
  }

  /** Whether a private key begins in the held text and does not end there. */
  #cutKey(): boolean {
    if (!this.#held.includes('PRIVATE KEY')) return false;
    let last = -1;
    for (const match of this.#held.matchAll(KEY_BEGINS)) last = match.index;
    return last !== -1 && !KEY_ENDS.test(this.#held.slice(last + 10));
  }

  /** Names of columns, parts of forms and blocks need the lines after them. */
  #mayGoOn(line: string): boolean {
    return OPENS.test(line) || (line.trim() === '' && /\bname="[^"\n]{1,80}"/.test(this.#held)) || this.#isTable(line);
  }

  #isTable(line: string): boolean {
    const head = this.#held.slice(0, this.#held.indexOf('\n'));
    const mark = [',', ';', '\t', '|'].find((each) => head.includes(each));
    if (mark === undefined || !/^["'\w .,;\t|-]{3,2000}$/.test(head)) return false;
    return (
      head.split(mark).length === line.split(mark).length &&
      /passw|pwd|secret|token|key|auth|cookie|credential/i.test(head)
    );
  }
}
