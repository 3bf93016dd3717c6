import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { createParser, ParseError } from '../../src/parse/parse.ts';
import { document, documentLinks, link, paragraph, ROOT, run, zipFile } from './make-docx.ts';
import { encryptedPdf, lines, textPdf } from './make-pdf.ts';
import { PAGES } from './pages.ts';

const parser = createParser({ timeoutMs: 20_000 });
after(() => parser.close());

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const SEEDS: readonly [name: string, contentType: string, seeds: readonly Buffer[]][] = [
  [
    'PDF',
    'application/pdf',
    [
      textPdf([{ content: lines('first', 'second'), link: 'https://example.com/' }, { content: lines('third') }]),
      encryptedPdf(''),
    ],
  ],
  [
    'DOCX',
    DOCX,
    [
      zipFile(
        [
          ROOT,
          documentLinks(link('r1', 'https://example.com/')),
          document(
            `${paragraph(`<w:hyperlink r:id="r1">${run('link')}</w:hyperlink>`)}<w:tbl><w:tr><w:tc>${paragraph('x')}</w:tc></w:tr></w:tbl>`,
          ),
        ].map((entry) => ({ ...entry, stored: true })),
      ),
    ],
  ],
  ['HTML', 'text/html', PAGES.map((page) => Buffer.from(page.html))],
];

/** Bytes changed, cut out, or repeated: what a broken transfer or a patient attacker does. */
function mutate(seed: Buffer, changes: readonly (readonly [at: number, kind: number, value: number])[]): Buffer {
  let bytes = Buffer.from(seed);
  for (const [share, kind, value] of changes) {
    const at = Math.floor(share * bytes.length);
    if (kind === 0 && at < bytes.length) bytes[at] = value;
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + value)]);
    else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - value))]);
  }
  return bytes;
}

const changes = fc.array(
  fc.tuple(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), fc.nat(2), fc.nat(255)),
  { minLength: 1, maxLength: 12 },
);

describe('a document with changed bytes is read or refused with a code that names the document, never the parser', () => {
  for (const [name, contentType, seeds] of SEEDS)
    test(name, async () => {
      const codes = new Map<string, number>();
      await fc.assert(
        fc.asyncProperty(fc.nat(seeds.length - 1), changes, async (index, mutation) => {
          const bytes = mutate(seeds[index] ?? Buffer.alloc(0), mutation);
          const code = await parser.read({ bytes, contentType }).then(
            (document) => (typeof document.markdown === 'string' ? 'read' : 'no document'),
            (error: unknown) => (error instanceof ParseError ? error.code : 'no code'),
          );
          codes.set(code, (codes.get(code) ?? 0) + 1);
          assert.ok(
            ['read', 'document_broken', 'document_encrypted', 'document_too_large', 'media_type_mismatch'].includes(
              code,
            ),
            code,
          );
        }),
        { numRuns: 100 },
      );
      assert.ok((codes.get('read') ?? 0) > 0, 'some are still read');
    });
});
