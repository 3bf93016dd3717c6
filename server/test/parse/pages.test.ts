import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createParser } from '../../src/parse/parse.ts';
import { PAGES } from './pages.ts';

const parser = createParser();
after(() => parser.close());

const read = (html: string | Buffer, contentType = 'text/html; charset=utf-8') =>
  parser.read({ bytes: Buffer.from(html as string), contentType, url: 'https://site.example/dir/page' });

describe('a page becomes Markdown to the letter', () => {
  for (const page of PAGES)
    test(page.name, async () => {
      const { markdown, title, byline, lang, published, mode, truncated, pages } = await read(page.html);
      assert.equal(markdown, page.markdown);
      assert.deepEqual(
        { title, byline, lang, published, mode, truncated, pages },
        {
          title: page.title,
          byline: page.byline ?? null,
          lang: page.lang ?? null,
          published: page.published ?? null,
          mode: 'readable',
          truncated: false,
          pages: null,
        },
      );
      assert.doesNotMatch(
        markdown.replace(/^(`{3,})[\s\S]*?^\1$/gm, ''),
        /(?<!\\)!\[|(?<!\\)<[a-z!/?]/i,
        'no image, no tag',
      );
    });
});

test('a page that leaves out html, head and body is read like any other', async () => {
  const { title, markdown, mode } = await read(
    '<!doctype html><title>Bare</title><h1>Bare</h1><ul><li>one<li>two</ul>',
  );
  assert.deepEqual([title, markdown, mode], ['Bare', '# Bare\n\n- one\n- two', 'readable']);
});

test('links are absolute, once each, http and https only, with their text', async () => {
  const { links } = await read(
    '<main><a href="/a"> First\n link </a><a href="/a">again</a><a href="//cdn.example/b#c">b</a><a href="javascript:x()">c</a><a href="ftp://d.example">d</a><a>e</a><a href="http://[">f</a></main>',
  );
  assert.deepEqual(links, [
    { text: 'First link', url: 'https://site.example/a' },
    { text: 'b', url: 'https://cdn.example/b#c' },
  ]);
});

test('a page over the caps becomes plain text, and says so only if text is missing', async () => {
  const words = 'open the gate '.repeat(10);
  const deep = await read(`<title>Deep</title>${'<div>'.repeat(600)}${words}<b>&lt;img src=x&gt; ![a](b)`);
  assert.deepEqual([deep.mode, deep.title, deep.truncated], ['text', 'Deep', false]);
  assert.equal(deep.markdown, `${words.trim()} \\<img src=x> !\\[a](b)`);
  const unclosed = await read(`<ul>${'<li>item'.repeat(2_000)}</ul>`);
  assert.equal(unclosed.mode, 'readable', 'items that close each other are no depth');
  const long = await read(`<p>${'x'.repeat(2 * 1024 * 1024)}</p>`);
  assert.deepEqual([long.mode, long.truncated, long.markdown.length], ['text', true, 1024 * 1024]);
});

test('RSS and Atom become a list of entries, and other XML is refused', async () => {
  const rss = await read(
    '<?xml version="1.0"?><rss version="2.0"><channel><title>Gates</title><language>en</language><item><title>North &amp; south</title><link>/north</link><description>&lt;p&gt;It is &lt;b&gt;open&lt;/b&gt;.&lt;/p&gt;&lt;img src="https://evil.example/x"&gt;</description><pubDate>Tue, 03 Mar 2026 00:00:00 GMT</pubDate></item></channel></rss>',
    'application/rss+xml',
  );
  assert.equal(
    rss.markdown,
    '# Gates\n\n## North & south\n\n2026-03-03T00:00:00.000Z https://site.example/north\n\nIt is open.',
  );
  assert.deepEqual([rss.title, rss.lang, rss.links.length], ['Gates', 'en', 1]);
  const atom = await read(
    '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Tore</title><author><name>Ada</name></author><updated>2026-01-01T00:00:00Z</updated><entry><title>Nord</title><link rel="edit" href="/edit"/><link href="/nord"/><content type="html">&lt;i&gt;offen&lt;/i&gt;</content></entry></feed>',
    'application/atom+xml',
  );
  assert.equal(atom.markdown, '# Tore\n\n## Nord\n\nhttps://site.example/nord\n\noffen');
  assert.deepEqual([atom.byline, atom.lang, atom.published], ['Ada', 'de', '2026-01-01T00:00:00.000Z']);
  await assert.rejects(read('<svg xmlns="http://www.w3.org/2000/svg"/>', 'text/xml'), {
    code: 'unsupported_media_type',
  });
  await assert.rejects(read(' ', 'text/xml'), { code: 'document_broken' });
  await assert.rejects(read(`<rss>${'<a>'.repeat(100_000)}`, 'text/xml'), { code: 'document_too_large' });
});
