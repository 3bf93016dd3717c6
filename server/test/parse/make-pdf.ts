// Builds PDF files by hand, so that a test can say exactly what is wrong with one.
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

export function stream(data: Buffer | string, dictionary = ''): Buffer {
  const body = typeof data === 'string' ? latin(data) : data;
  return Buffer.concat([latin(`<< /Length ${body.length} ${dictionary} >>\nstream\n`), body, latin('\nendstream')]);
}

export const deflated = (data: Buffer | string): Buffer => stream(deflateSync(data), '/Filter /FlateDecode');

/** Objects are numbered from 1; the first is the catalogue. */
export function pdfFile(objects: readonly (Buffer | string)[], trailer = ''): Buffer {
  const parts: Buffer[] = [latin('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n')];
  const offsets: number[] = [];
  let length = parts[0]?.length ?? 0;
  for (const [index, object] of objects.entries()) {
    offsets.push(length);
    const part = Buffer.concat([
      latin(`${index + 1} 0 obj\n`),
      typeof object === 'string' ? latin(object) : object,
      latin('\nendobj\n'),
    ]);
    parts.push(part);
    length += part.length;
  }
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  parts.push(
    latin(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R ${trailer} >>\nstartxref\n${length}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}

/** Content that writes each line below the last; an empty line is a wider step. */
export function lines(...texts: readonly string[]): string {
  const shown = texts.map((text) => `(${text.replace(/[()\\]/g, '\\$&')}) Tj 0 -14 Td`).join('\n');
  return `BT /F1 12 Tf 72 700 Td\n${shown}\nET`;
}

export interface PdfPage {
  readonly content: Buffer | string;
  readonly link?: string;
}

const FONT = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>';

/** A whole document of text pages: catalogue, page tree, font, metadata, then three objects a page. */
export function textPdf(pages: readonly PdfPage[], info = '', trailer = ''): Buffer {
  const first = 5;
  const kids = pages.map((_, index) => `${first + index * 3} 0 R`).join(' ');
  const objects: (Buffer | string)[] = [
    '<< /Type /Catalog /Pages 2 0 R /Lang (en-GB) >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    FONT,
    `<< ${info} >>`,
  ];
  for (const [index, page] of pages.entries()) {
    const at = first + index * 3;
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${at + 1} 0 R /Annots [${at + 2} 0 R] >>`,
      typeof page.content === 'string' ? deflated(page.content) : page.content,
      page.link === undefined
        ? '<< /Type /Annot /Subtype /Text /Rect [0 0 1 1] >>'
        : `<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (${page.link}) >> >>`,
    );
  }
  return pdfFile(objects, `/Info 4 0 R ${trailer}`);
}

const PAD = Buffer.from('28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a', 'hex');

function rc4(key: Buffer, data: Buffer): Buffer {
  const state = Uint8Array.from({ length: 256 }, (_, index) => index);
  const at = (index: number): number => state[index & 255] ?? 0;
  let j = 0;
  const swap = (i: number): void => {
    const kept = at(i);
    state[i & 255] = at(j);
    state[j & 255] = kept;
  };
  for (let i = 0; i < 256; i++) {
    j = (j + at(i) + (key[i % key.length] ?? 0)) & 255;
    swap(i);
  }
  j = 0;
  return Buffer.from(
    data.map((byte, index) => {
      const i = (index + 1) & 255;
      j = (j + at(i)) & 255;
      swap(i);
      return byte ^ at(at(i) + at(j));
    }),
  );
}

/** Standard security handler, revision 2 (ISO 32000-1, 7.6.3): opens with `password` alone. */
export function encryptedPdf(password: string): Buffer {
  const padded = Buffer.concat([latin(password), PAD]).subarray(0, 32);
  const md5 = (...parts: Buffer[]): Buffer => createHash('md5').update(Buffer.concat(parts)).digest();
  const owner = rc4(md5(padded).subarray(0, 5), padded);
  const id = Buffer.alloc(16, 7);
  const permissions = Buffer.alloc(4);
  permissions.writeInt32LE(-4);
  const key = md5(padded, owner, permissions, id).subarray(0, 5);
  const user = rc4(key, PAD);
  const hex = (bytes: Buffer): string => `<${bytes.toString('hex')}>`;
  const encrypt = `/Encrypt << /Filter /Standard /V 1 /R 2 /Length 40 /P -4 /O ${hex(owner)} /U ${hex(user)} >> /ID [${hex(id)} ${hex(id)}]`;
  return textPdf([{ content: lines('secret words') }], '', encrypt);
}
