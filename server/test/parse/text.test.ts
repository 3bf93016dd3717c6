import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createParser, ParseError } from '../../src/parse/parse.ts';

const parser = createParser();
after(() => parser.close());

const utf16 = (text: string, big = false): Buffer => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return big ? bytes.swap16() : bytes;
};
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
const PAGE = '<p>caf\u00e9</p>';

describe('the encoding is found as browsers find it', () => {
  const table: readonly [name: string, bytes: Buffer, contentType: string, charset: string, text: string][] = [
    ['UTF-8 by default', Buffer.from(PAGE), 'text/html', 'utf-8', 'café'],
    ['what is no UTF-8 is windows-1252', latin(PAGE), 'text/html', 'windows-1252', 'café'],
    [
      'a byte order mark of UTF-8 beats the header',
      Buffer.from(`\ufeff${PAGE}`),
      'text/html; charset=koi8-r',
      'utf-8',
      'café',
    ],
    ['UTF-16 little end first', utf16(PAGE), 'text/html', 'utf-16le', 'café'],
    ['UTF-16 big end first beats the header', utf16(PAGE, true), 'text/html; charset=utf-8', 'utf-16be', 'café'],
    [
      'the header beats the page',
      Buffer.from(`<meta charset=koi8-r>${PAGE}`),
      'text/html; charset="UTF-8"',
      'utf-8',
      'café',
    ],
    ['the page itself', latin(`<meta charset='ISO-8859-1'>${PAGE}`), 'text/html', 'windows-1252', 'café'],
    [
      'the old meta',
      latin(`<META http-equiv = Content-Type content = "text/html;charset=windows-1252">${PAGE}`),
      'text/html',
      'windows-1252',
      'café',
    ],
    [
      'a meta in a comment is none',
      Buffer.from(`<!-- <meta charset=koi8-r> --><meta charset=utf-8>${PAGE}`),
      'text/html',
      'utf-8',
      'café',
    ],
    [
      'a meta in an attribute is none',
      Buffer.from(`<p title="<meta charset=koi8-r>"></p>${PAGE}`),
      'text/html',
      'utf-8',
      'café',
    ],
    [
      'a content without http-equiv is none',
      Buffer.from(`<meta content="charset=koi8-r">${PAGE}`),
      'text/html',
      'utf-8',
      'café',
    ],
    [
      'a page that says it is UTF-16 in ASCII is UTF-8',
      Buffer.from(`<meta charset=utf-16>${PAGE}`),
      'text/html',
      'utf-8',
      'café',
    ],
    [
      'an XML declaration',
      latin(`<?xml version="1.0" encoding="iso-8859-1"?><html><body>${PAGE}</body></html>`),
      'application/xhtml+xml',
      'windows-1252',
      'café',
    ],
    [
      'UTF-7 is never believed',
      Buffer.from('<meta charset=utf-7><p>+ADw-script+AD4-</p>'),
      'text/html',
      'utf-8',
      '+ADw-script+AD4-',
    ],
    ['an unknown label is passed over', Buffer.from(PAGE), 'text/html; charset=klingon', 'utf-8', 'café'],
    [
      'Shift_JIS',
      Buffer.from([0x3c, 0x70, 0x3e, 0x96, 0x6b, 0x96, 0xe5]),
      'text/html; charset=shift_jis',
      'shift_jis',
      '北門',
    ],
    ['text looks at no meta', Buffer.from('<meta charset=koi8-r>é'), 'text/plain', 'utf-8', '<meta charset=koi8-r>é'],
  ];
  for (const [name, bytes, contentType, charset, text] of table)
    test(name, async () => {
      const read = await parser.read({ bytes, contentType });
      assert.deepEqual([read.charset, read.markdown], [charset, text]);
    });
});

test('text and Markdown are read as they are, with title and links', async () => {
  const text = 'Intro\n\n## Notes ##\n\nSee https://example.com/x. And (https://example.com/y)!';
  const read = await parser.read({ bytes: Buffer.from(text), contentType: 'text/markdown' });
  assert.deepEqual([read.title, read.markdown, read.wordCount], ['Notes', text, 8]);
  assert.deepEqual(
    read.links.map((link) => link.url),
    ['https://example.com/x', 'https://example.com/y'],
  );
});

test('text beyond a mebichar is cut and said to be', async () => {
  const read = await parser.read({ bytes: Buffer.alloc(1024 * 1024 + 1, 'a'), contentType: 'text/plain' });
  assert.deepEqual([read.truncated, read.markdown.length], [true, 1024 * 1024]);
});

describe('the declared type must agree with the bytes', () => {
  const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
  const table: readonly [name: string, bytes: Buffer, contentType: string, code: string][] = [
    ['a picture is no document', Buffer.from('x'), 'image/png', 'unsupported_media_type'],
    ['nothing is known of octets', Buffer.from('%PDF-1.7'), 'application/octet-stream', 'unsupported_media_type'],
    ['no type at all', Buffer.from('x'), '', 'unsupported_media_type'],
    ['the prototype is no media type', Buffer.from('x'), 'constructor', 'unsupported_media_type'],
    [
      'a page that calls itself a PDF',
      Buffer.from('<!doctype html><p>%PDF-1.7'),
      'application/pdf',
      'media_type_mismatch',
    ],
    ['words that call themselves a PDF', Buffer.from('hello'), 'application/pdf', 'media_type_mismatch'],
    [
      'an archive with a PDF header inside',
      Buffer.from('PK\x03\x04%PDF-1.7'),
      'application/pdf',
      'media_type_mismatch',
    ],
    ['a PDF that calls itself a page', Buffer.from('%PDF-1.7\n'), 'text/html', 'media_type_mismatch'],
    ['an archive that calls itself text', Buffer.from('PK\x03\x04abc'), 'text/plain', 'media_type_mismatch'],
    [
      'a picture that calls itself Markdown',
      Buffer.from('\x89PNG\r\n', 'latin1'),
      'text/markdown',
      'media_type_mismatch',
    ],
    ['NUL bytes in text', Buffer.from('a\0b'), 'text/plain', 'media_type_mismatch'],
    ['a PDF that calls itself Word', Buffer.from('%PDF-1.7\n'), DOCX, 'media_type_mismatch'],
    ['an old Word file that calls itself new', Buffer.from('d0cf11e0a1b11ae1', 'hex'), DOCX, 'media_type_mismatch'],
    ['an empty PDF', Buffer.alloc(0), 'application/pdf', 'document_broken'],
    ['an empty Word file', Buffer.alloc(0), DOCX, 'document_broken'],
  ];
  for (const [name, bytes, contentType, code] of table)
    test(name, () =>
      assert.rejects(
        parser.read({ bytes, contentType }),
        (error) => error instanceof ParseError && error.code === code,
      ),
    );
});

test('an empty text is an empty document', async () => {
  for (const contentType of ['text/plain', 'text/html'])
    assert.equal((await parser.read({ bytes: Buffer.alloc(0), contentType })).markdown, '');
});
