import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, test } from 'node:test';
import { createParser, ParseError } from '../../src/parse/parse.ts';

const parser = createParser();
after(() => parser.close());
const html = (body: string, head = '<title>A title</title>') =>
  Buffer.from(`<!doctype html><html><head>${head}</head><body>${body}</body></html>`);

test('an article becomes Markdown with title, byline, absolute links and no images or scripts', async () => {
  const text = 'This sentence is long enough to be an article, and it says something about gates and doors. '.repeat(8);
  const page = html(
    `<nav><a href="/home">Home</a></nav><article><h1>On gates</h1><p class="byline" rel="author">By Ada</p><h2>First</h2><p>${text}<a href="/more#x">more</a></p><ul><li>one<ul><li>two</li></ul></li></ul><p>${text}</p><img src="https://evil.example/x"><script>steal()</script></article>`,
  );
  const read = await parser.read({
    bytes: page,
    contentType: 'text/html; charset=utf-8',
    url: 'https://example.com/a/b',
  });
  assert.equal(read.mode, 'readable');
  assert.match(read.title, /title|gates/i);
  assert.match(read.markdown, /## First/);
  assert.doesNotMatch(read.markdown, /steal|evil\.example/);
  assert.ok(read.links.some((link) => link.url === 'https://example.com/more#x'));
  assert.ok(read.wordCount > 200);
});

test('text and Markdown are read as they are, in the stated charset', async () => {
  const md = await parser.read({
    bytes: Buffer.from('# Notes\n\nSee https://example.com/x.'),
    contentType: 'text/markdown',
  });
  assert.deepEqual([md.title, md.links[0]?.url], ['Notes', 'https://example.com/x']);
  const latin = await parser.read({
    bytes: Buffer.from('caf\u00e9', 'latin1'),
    contentType: 'text/plain; charset=windows-1252',
  });
  assert.equal(latin.markdown, 'café');
});

test('what cannot be read is refused with a code', async () => {
  await assert.rejects(
    parser.read({ bytes: Buffer.from('x'), contentType: 'image/png' }),
    (error) => error instanceof ParseError && error.code === 'unsupported_media_type',
  );
});

test('a hostile page of 10 MiB neither stalls the caller nor ends the pool', async () => {
  const size = 10 * 1024 * 1024;
  const pages = [
    '<div>'.repeat(size / 5),
    `<table>${'<tr><td>x'.repeat(size / 9)}`,
    '&lt;&amp;&#x41;'.repeat(size / 15),
    '<a href="x">'.repeat(size / 12),
  ];
  for (const body of pages) {
    const bytes = html(body);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await parser
      .read({ bytes, contentType: 'text/html' })
      .catch((error: unknown) => assert.ok(error instanceof ParseError));
    delay.disable();
    assert.ok(delay.max / 1e6 < 200, `stalled ${Math.round(delay.max / 1e6)} ms by ${body.slice(0, 12)}`);
  }
  assert.equal((await parser.read({ bytes: Buffer.from('# ok'), contentType: 'text/markdown' })).title, 'ok');
});

test('a parse that takes too long is ended and the next one succeeds', async () => {
  const slow = createParser({ timeoutMs: 50 });
  await assert.rejects(
    slow.read({ bytes: html('<div>'.repeat(1_000_000)), contentType: 'text/html' }),
    (error) => error instanceof ParseError && error.code === 'parse_timeout',
  );
  await slow.close();
});
