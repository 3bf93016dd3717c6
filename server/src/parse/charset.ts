// Which encoding a text is in, in the order of the Encoding and HTML standards: BOM, transport, the document's own word, then the bytes.

interface Decoded {
  readonly text: string;
  readonly charset: string;
}

const PRESCAN_BYTES = 1024;

function bomOf(bytes: Uint8Array): string | undefined {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  return undefined;
}

function decoderOf(label: string | undefined): InstanceType<typeof TextDecoder> | undefined {
  if (label === undefined) return undefined;
  try {
    return new TextDecoder(label.trim());
  } catch {
    // An unknown label, or one that the standard replaces because it can hide markup (UTF-7, ISO-2022-KR).
    return undefined;
  }
}

const ATTRIBUTE =
  /[\t\n\f\r /]*([^\t\n\f\r /=>]+)(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:"([^"]*)"|'([^']*)'|([^\t\n\f\r >]*)))?/y;

function attributesAt(head: string, from: number): { attributes: Map<string, string>; end: number } {
  const attributes = new Map<string, string>();
  let end = from;
  for (;;) {
    ATTRIBUTE.lastIndex = end;
    const match = ATTRIBUTE.exec(head);
    if (match === null) return { attributes, end };
    end = ATTRIBUTE.lastIndex;
    const name = (match[1] ?? '').toLowerCase();
    if (!attributes.has(name)) attributes.set(name, match[2] ?? match[3] ?? match[4] ?? '');
  }
}

function metaCharset(attributes: ReadonlyMap<string, string>): string | undefined {
  const own = attributes.get('charset');
  if (own !== undefined) return own;
  if (attributes.get('http-equiv')?.toLowerCase() !== 'content-type') return undefined;
  return /charset[\t\n\f\r ]*=[\t\n\f\r ]*["']?([^\s"';]+)/i.exec(attributes.get('content') ?? '')?.[1];
}

/** HTML standard, "prescan a byte stream to determine its encoding". */
export function prescan(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, PRESCAN_BYTES)).toString('latin1');
  if (head.startsWith('<\x00?\x00x\x00')) return 'utf-16le';
  if (head.startsWith('\x00<\x00?\x00x')) return 'utf-16be';
  let at = 0;
  while (at < head.length) {
    at = head.indexOf('<', at);
    if (at === -1) break;
    if (head.startsWith('<!--', at)) {
      // `<!-->` is a whole comment: its dashes may be the ones that opened it.
      const end = head.indexOf('-->', at + 2);
      if (end === -1) break;
      at = end + 3;
    } else if (/^<meta[\t\n\f\r /]/i.test(head.slice(at, at + 6))) {
      const { attributes, end } = attributesAt(head, at + 5);
      const decoder = decoderOf(metaCharset(attributes));
      // A page whose ASCII we can read is not UTF-16, whatever it says.
      if (decoder !== undefined) {
        if (decoder.encoding.startsWith('utf-16')) return 'utf-8';
        return decoder.encoding === 'x-user-defined' ? 'windows-1252' : decoder.encoding;
      }
      at = Math.max(end, at + 1);
    } else if (/^<\/?[a-z]/i.test(head.slice(at, at + 3))) {
      const name = /^<\/?[^\t\n\f\r >]*/.exec(head.slice(at))?.[0].length ?? 1;
      at = attributesAt(head, at + name).end;
    } else if (/^<[!/?]/.test(head.slice(at, at + 2))) {
      const end = head.indexOf('>', at);
      if (end === -1) break;
      at = end + 1;
    } else at++;
  }
  return /^<\?xml[^>]{0,200}?encoding[\t\n\r ]*=[\t\n\r ]*["']([\w.:-]{1,40})["']/.exec(head)?.[1];
}

/** A text without any word on its encoding is UTF-8 if it can be, else what browsers take in the West. */
function guess(bytes: Uint8Array): string {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}

export function decodeText(bytes: Uint8Array, contentType: string, markup: boolean): Decoded {
  const stated = /;\s*charset\s*=\s*"?([^\s";]{1,40})/i.exec(contentType)?.[1];
  const decoder =
    decoderOf(bomOf(bytes)) ??
    decoderOf(stated) ??
    (markup ? decoderOf(prescan(bytes)) : undefined) ??
    new TextDecoder(guess(bytes));
  return { text: decoder.decode(bytes), charset: decoder.encoding };
}
