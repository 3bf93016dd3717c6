// Folders of skills, and ZIP files with anything wrong in them that a sender could put there.
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipItem {
  readonly name: string;
  readonly text?: string | Uint8Array;
  /** Of Unix; a file unless told. */
  readonly mode?: number;
  readonly deflate?: boolean;
  /** Said instead of the true size, in both headers. */
  readonly claims?: number;
  /** Another name in the local header. */
  readonly localName?: string;
  readonly flags?: number;
  readonly extra?: Uint8Array;
  /** Sizes stand behind the content, as senders that stream write them. */
  readonly streamed?: boolean;
}

const UTF8 = 1 << 11;
const LATER = 1 << 3;

function numbers(...parts: readonly (readonly [value: number, bytes: 2 | 4])[]): Buffer {
  return Buffer.concat(
    parts.map(([value, size]) => {
      const bytes = Buffer.alloc(size);
      if (size === 2) bytes.writeUInt16LE(value);
      else bytes.writeUInt32LE(value);
      return bytes;
    }),
  );
}

export function zip(items: readonly ZipItem[], options: { readonly comment?: string; readonly prefix?: string } = {}) {
  const parts: Buffer[] = [Buffer.from(options.prefix ?? '')];
  const directory: Buffer[] = [];
  let offset = parts[0]?.length ?? 0;
  for (const item of items) {
    const plain = Buffer.from(item.text ?? '');
    const method = item.deflate === true ? 8 : 0;
    const packed = method === 8 ? deflateRawSync(plain) : plain;
    const flags = (item.flags ?? UTF8) | (item.streamed === true ? LATER : 0);
    const [crc, size] = [crc32(plain), item.claims ?? plain.length];
    const [name, local] = [Buffer.from(item.name), Buffer.from(item.localName ?? item.name)];
    const extra = Buffer.from(item.extra ?? []);
    const sizes = item.streamed === true ? [0, 0, 0] : [crc, packed.length, size];
    const head = numbers(
      ...([
        [0x04034b50, 4],
        [20, 2],
        [flags, 2],
        [method, 2],
        [0, 4],
      ] as const),
      ...sizes.map((value) => [value, 4] as const),
      ...([
        [local.length, 2],
        [extra.length, 2],
      ] as const),
    );
    const behind =
      item.streamed === true ? numbers([0x08074b50, 4], [crc, 4], [packed.length, 4], [size, 4]) : Buffer.alloc(0);
    const whole = Buffer.concat([head, local, extra, packed, behind]);
    directory.push(
      Buffer.concat([
        numbers(
          ...([
            [0x02014b50, 4],
            [0x0314, 2],
            [20, 2],
            [flags, 2],
            [method, 2],
            [0, 4],
          ] as const),
          ...([
            [crc, 4],
            [packed.length, 4],
            [size, 4],
            [name.length, 2],
            [extra.length, 2],
            [0, 2],
          ] as const),
          ...([
            [0, 2],
            [0, 2],
            [((item.mode ?? 0o100644) << 16) >>> 0, 4],
            [offset, 4],
          ] as const),
        ),
        name,
        extra,
      ]),
    );
    parts.push(whole);
    offset += whole.length;
  }
  const records = Buffer.concat(directory);
  const comment = Buffer.from(options.comment ?? '');
  const end = numbers(
    ...([
      [0x06054b50, 4],
      [0, 2],
      [0, 2],
      [items.length, 2],
      [items.length, 2],
    ] as const),
    ...([
      [records.length, 4],
      [offset, 4],
      [comment.length, 2],
    ] as const),
  );
  return Buffer.concat([...parts, records, end, comment]);
}

export interface SkillText {
  readonly name?: string;
  readonly version?: string;
  readonly tools?: string;
  readonly egress?: string;
  readonly classes?: string;
  readonly entities?: string;
  readonly budget?: string;
  readonly inputs?: string;
  readonly body?: string;
  /** More lines of front matter. */
  readonly more?: string;
}

export function skillText(text: SkillText = {}): string {
  const { name = 'page-notes', version = '1.0.0', tools = 'web.scrape artifact.write', egress = '"@input"' } = text;
  const keys = [
    ['contract', '"1"'],
    ['version', `"${version}"`],
    ['tools', tools],
    ['egress', egress],
    ['data-classes', text.classes ?? 'public'],
    ['entities', text.entities ?? ''],
    ['budget', text.budget ?? 'usd=1.00 tokens=100000 seconds=600 calls=20'],
    ['inputs', text.inputs ?? ''],
  ].filter(([, value]) => value !== '');
  const metadata = keys.map(([key, value]) => `  sallyport/${key}: ${value}`).join('\n');
  const more = text.more === undefined ? '' : `${text.more}\n`;
  return `---\nname: ${name}\ndescription: Reads the stated pages and writes notes.\n${more}metadata:\n${metadata}\n---\n\n${text.body ?? '# Notes\n\nRead each stated page once and write notes.md.'}\n`;
}

/** The archive of a whole, sound skill. */
export function skillZip(text: SkillText = {}, others: Readonly<Record<string, string>> = {}): Buffer {
  const folder = text.name ?? 'page-notes';
  return zip([
    { name: `${folder}/SKILL.md`, text: skillText(text) },
    ...Object.entries(others).map(([path, content]) => ({ name: `${folder}/${path}`, text: content, deflate: true })),
  ]);
}
