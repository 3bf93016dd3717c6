import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createParser, ParseError } from '../../src/parse/parse.ts';
import { document, documentLinks, link, paragraph, ROOT, run, type ZipEntry, zipFile } from './make-docx.ts';

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const parser = createParser();
after(() => parser.close());
const read = (bytes: Buffer) => parser.read({ bytes, contentType: DOCX });
const readBody = (body: string, ...more: ZipEntry[]) => read(zipFile([ROOT, document(body), ...more]));

const STYLES: ZipEntry = {
  name: 'word/styles.xml',
  data: '<w:styles><w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style><w:style w:styleId="H2"><w:name w:val="heading 2"/></w:style><w:style w:styleId="Own"><w:name w:val="Chapter"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style><w:style w:styleId="Bullet"><w:name w:val="List Bullet"/><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style></w:styles>',
};
const NUMBERING: ZipEntry = {
  name: 'word/numbering.xml',
  data: '<w:numbering><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>',
};
const style = (id: string): string => `<w:pStyle w:val="${id}"/>`;
const item = (list: number, level: number): string =>
  `<w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="${list}"/></w:numPr>`;
const cell = (...paragraphs: string[]): string => `<w:tc>${paragraphs.map((each) => paragraph(each)).join('')}</w:tc>`;

test('headings, lists, tables, links and emphasis of a Word document', async () => {
  const body = [
    paragraph('The northern gate', style('H1')),
    paragraph(
      `${run('It is ')}${run('open ', '<w:b/>')}${run('until', '<w:i/>')}${run(' nine', '<w:b w:val="0"/>')}<w:hyperlink r:id="r1">${run(' see the plan')}</w:hyperlink>${run(', and ')}<w:hyperlink r:id="r2">${run('this')}</w:hyperlink>`,
    ),
    paragraph('Rounds', style('H2')),
    paragraph('Light the lamps', item(1, 0)),
    paragraph('north', item(1, 1)),
    paragraph('south', item(1, 1)),
    paragraph('Close the gate', item(1, 0)),
    paragraph('Tolls', style('Own')),
    paragraph('by style', style('Bullet')),
    paragraph('taken out', `${style('Bullet')}<w:numPr><w:numId w:val="0"/></w:numPr>`),
    `<w:tbl><w:tr>${cell('Gate')}${cell('Toll')}</w:tr><w:tr>${cell('North|East')}${cell('3', 'or 4')}</w:tr></w:tbl>`,
    paragraph('Last line.'),
  ].join('');
  const links = documentLinks(link('r1', 'https://example.com/plan_(1)'), link('r2', 'javascript:alert(1)'));
  const properties: ZipEntry = {
    name: 'docProps/core.xml',
    data: '<cp:coreProperties><dc:title>Of gates</dc:title><dc:creator>Ada &amp; Bob</dc:creator><dc:language>en-GB</dc:language><dcterms:created>2024-01-02T03:04:05Z</dcterms:created></cp:coreProperties>',
  };
  const read = await readBody(body, STYLES, NUMBERING, links, properties);
  assert.equal(
    read.markdown,
    '# The northern gate\n\nIt is **open** *until* nine[see the plan](https://example.com/plan_%281%29), and this\n\n## Rounds\n\n1. Light the lamps\n   - north\n   - south\n2. Close the gate\n\n### Tolls\n\n- by style\n\ntaken out\n\n| Gate | Toll |\n| --- | --- |\n| North\\|East | 3 or 4 |\n\nLast line.',
  );
  assert.deepEqual(
    [read.title, read.byline, read.lang, read.published, read.mode, read.truncated, read.pages],
    ['Of gates', 'Ada & Bob', 'en-GB', '2024-01-02T03:04:05.000Z', 'readable', false, null],
  );
  assert.deepEqual(read.links, [{ text: 'see the plan', url: 'https://example.com/plan_(1)' }]);
});

test('deleted text, former styles, fallbacks and field instructions are not the text', async () => {
  const body = paragraph(
    `<w:ins>${run('kept')}</w:ins><w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:instrText>HYPERLINK "x"</w:instrText></w:r><mc:AlternateContent><mc:Choice>${run(' once')}</mc:Choice><mc:Fallback>${run(' once')}</mc:Fallback></mc:AlternateContent><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t></w:r>`,
    `<w:pPrChange><w:pPr>${style('H1')}</w:pPr></w:pPrChange>`,
  );
  assert.equal((await readBody(body, STYLES)).markdown, 'kept oncea b');
});

test('words that look like Markdown or markup stay words', async () => {
  const body = [
    paragraph('![x](https://evil.example/i.png) &lt;img src=y&gt; a_b *c*'),
    paragraph(`${run('&lt;', '<w:b/>')}${run('img src=z&gt;')}`),
    paragraph('# no heading'),
    paragraph('1. no item'),
  ].join('');
  const { markdown } = await readBody(body);
  assert.equal(
    markdown,
    '!\\[x\\](https://evil.example/i.png) \\<img src=y> a\\_b \\*c\\*\n\n**\\<**img src=z>\n\n\\# no heading\n\n1\\. no item',
  );
});

test('the part that the package names is read, whatever its file is called', async () => {
  const rels = { ...ROOT, data: String(ROOT.data).replace('word/document.xml', '/word/document2.xml') };
  const other = { ...document(paragraph('here')), name: 'word/document2.xml' };
  assert.equal((await read(zipFile([rels, other]))).markdown, 'here');
});

test('a long document is cut and says so', async () => {
  const words = (at: number): string =>
    Array.from({ length: 100 }, (_, index) => ((at * 100 + index) * 2_654_435_761).toString(36)).join(' ');
  const read = await readBody(Array.from({ length: 1_500 }, (_, at) => paragraph(words(at))).join(''));
  assert.deepEqual([read.truncated, read.markdown.length], [true, 1024 * 1024]);
});

describe('Word files that are refused', () => {
  const main = document(paragraph('words'));
  const xml = String(main.data);
  const whole = zipFile([ROOT, main]);
  const big = ' '.repeat(64 * 1024 * 1024);
  const table: readonly [name: string, bytes: () => Buffer, code: string][] = [
    [
      'an encrypted package',
      () => Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('EncryptedPackage', 'utf16le')]),
      'document_encrypted',
    ],
    ['an encrypted entry', () => zipFile([ROOT, { ...main, flags: 1 }]), 'document_encrypted'],
    ['cut in the middle', () => whole.subarray(0, whole.length >> 1), 'document_broken'],
    ['without its directory', () => whole.subarray(0, -22), 'document_broken'],
    ['bytes changed under its checksum', () => zipFile([ROOT, { ...main, crc: 1 }]), 'document_broken'],
    ['a size that lies low', () => zipFile([ROOT, { ...main, size: 10 }]), 'document_broken'],
    ['two entries of one name', () => zipFile([ROOT, main, main]), 'document_broken'],
    ['a body that is no XML', () => zipFile([ROOT, { ...main, data: 'words' }]), 'document_broken'],
    ['a spreadsheet', () => zipFile([{ name: 'xl/workbook.xml', data: '<x/>' }]), 'media_type_mismatch'],
    [
      'a main part outside of its folder',
      () => zipFile([{ ...ROOT, data: String(ROOT.data).replace('word/', '../') }, main]),
      'media_type_mismatch',
    ],
    ['an archive of nothing', () => zipFile([]), 'media_type_mismatch'],
    ['a bomb in the body', () => zipFile([ROOT, { ...main, data: xml + big }]), 'document_too_large'],
    [
      'a bomb that lies about its size',
      () => zipFile([ROOT, { ...main, data: xml + big, size: 99 }]),
      'document_too_large',
    ],
    ['a bomb in the styles', () => zipFile([ROOT, main, { ...STYLES, data: big }]), 'document_too_large'],
    [
      'a small bomb by its ratio',
      () => zipFile([ROOT, { ...main, data: xml + ' '.repeat(4 * 1024 * 1024) }]),
      'document_too_large',
    ],
    [
      'more entries than a document has',
      () => zipFile(Array.from({ length: 12_000 }, (_, at) => ({ name: `${at}`, data: '' }))),
      'document_too_large',
    ],
    ['nested without end', () => zipFile([ROOT, document('<w:tbl><w:tr><w:tc>'.repeat(200))]), 'document_too_large'],
  ];
  for (const [name, bytes, code] of table)
    test(name, async () => {
      await assert.rejects(read(bytes()), (error) => {
        assert.ok(error instanceof ParseError);
        assert.equal(error.code, code);
        return true;
      });
    });
});

test('an archive within the archive and entities of a DTD are left alone', async () => {
  const inner = zipFile([{ name: 'a', data: Buffer.alloc(32 * 1024 * 1024) }]);
  const bomb = `<!DOCTYPE x [<!ENTITY a "${'x'.repeat(100)}"><!ENTITY b "${'&a;'.repeat(100)}">]>`;
  const main = document(paragraph('words &b;'));
  const entries = [ROOT, { ...main, data: bomb + String(main.data) }, { name: 'word/embeddings/a.zip', data: inner }];
  assert.equal((await read(zipFile(entries))).markdown, 'words &b;');
});
