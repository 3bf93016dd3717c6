// The reference as a page: plain HTML from the document. No script, no image, nothing of another host; the one style is named by its digest.
import { createHash } from 'node:crypto';
import { curlOf } from './curl.ts';
import type { JsonObject } from './openapi.ts';
import { type Operation, operationsOf, type Parameter, schemaLines } from './operations.ts';

const STYLE = `
:root{color-scheme:light dark;--ink:#1b1d1f;--quiet:#595f66;--paper:#fff;--band:#f3f4f5;--line:#d5d9dd;--accent:#0b5c6b}
@media (prefers-color-scheme:dark){:root{--ink:#e8eaec;--quiet:#a3abb3;--paper:#15181b;--band:#1f2327;--line:#3a4148;--accent:#7cc7d6}}
*{box-sizing:border-box}html{scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
a{color:var(--accent)}a:focus-visible,summary:focus-visible,pre:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem}
header,main,nav{max-width:62rem;margin:0 auto;padding:1rem}
nav ul{columns:16rem;padding:0;list-style:none;margin:0 0 1rem}nav h2{font-size:1rem;margin:.75rem 0 .25rem}
section{border-top:1px solid var(--line);margin-top:2rem;padding-top:.5rem}
article{margin:1.5rem 0 2.5rem}h3{font-size:1.05rem;overflow-wrap:anywhere}h4{font-size:.9rem;margin:1rem 0 .25rem;color:var(--quiet)}
code,pre{font-family:ui-monospace,monospace;font-size:.875em}code{overflow-wrap:anywhere}
pre{background:var(--band);border:1px solid var(--line);border-radius:4px;padding:.75rem;overflow-x:auto;margin:.25rem 0}
.copy{user-select:all;-webkit-user-select:all}
.method{display:inline-block;min-width:4.5em;color:var(--accent)}
table{border-collapse:collapse;width:100%;font-size:.9rem}caption{text-align:left;color:var(--quiet);font-size:.9rem;font-weight:600}
th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
.quiet{color:var(--quiet)}`;

const DIGEST = createHash('sha256').update(STYLE).digest('base64');

export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${DIGEST}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cross-origin-opener-policy': 'same-origin',
};

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '');
}

/** Text with `code` in it. */
function prose(text: string): string {
  return escaped(text)
    .replaceAll(/`([^`]*)`/g, '<code>$1</code>')
    .replaceAll('\n', '<br>');
}

function table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const cells = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('');
  const heads = head.map((one) => `<th scope="col">${one}</th>`).join('');
  return `<table><caption>${caption}</caption><thead><tr>${heads}</tr></thead><tbody>${cells}</tbody></table>`;
}

function parameterRow({ name, place, required, about, type }: Parameter): string[] {
  return [
    `<code>${escaped(name)}</code>`,
    `${place}${required ? ', required' : ''}`,
    `<code>${escaped(type)}</code>${about === '' ? '' : `<br>${prose(about)}`}`,
  ];
}

function renderOperation(document: JsonObject, one: Operation): string {
  const body =
    one.body === undefined
      ? ''
      : `<h4>Body</h4><pre tabindex="0"><code>${escaped(schemaLines(document, one.body).join('\n'))}</code></pre>`;
  const answers = one.answers.map(({ status, about, media, schema }) => [
    `<code>${status}</code>`,
    `${prose(about)}${media.length === 0 ? '' : `<br><span class="quiet">${media.map((type) => `<code>${escaped(type)}</code>`).join(' ')}</span>`}`,
    schema === undefined ? '' : schemaLink(schema),
  ]);
  return `<article id="${one.id}"><h3><a href="#${one.id}"><span class="method">${one.method}</span> <code>${escaped(one.path)}</code></a></h3>
<p>${prose(one.summary)}</p><p class="quiet">${prose(one.description)}</p>
<pre class="copy" tabindex="0" aria-label="Command for ${escaped(`${one.method} ${one.path}`)}"><code>${escaped(curlOf(one))}</code></pre>
${table('Parameters', ['Name', 'In', 'Type'], one.parameters.map(parameterRow))}${body}
${table('Answers', ['Status', 'Meaning', 'Shape'], answers)}</article>`;
}

function schemaLink(name: string): string {
  return name
    .split(/(\b[A-Z]\w+\b)/)
    .map((part, at) => (at % 2 === 1 ? `<a href="#schema-${part}">${part}</a>` : escaped(part)))
    .join('');
}

/** The whole page. */
export function renderPage(document: JsonObject): string {
  const operations = operationsOf(document);
  const tags = [...new Set(operations.map((one) => one.tag))];
  const { info, components } = document as {
    info: { title: string; version: string; description: string };
    components: { schemas: JsonObject };
  };
  const nav = tags
    .map((tag) => {
      const items = operations
        .filter((one) => one.tag === tag)
        .map(
          (one) =>
            `<li><a href="#${one.id}"><span class="method">${one.method}</span> <code>${escaped(one.path)}</code></a></li>`,
        );
      return `<h2>${escaped(tag)}</h2><ul>${items.join('')}</ul>`;
    })
    .join('');
  const sections = tags.map(
    (tag) =>
      `<section aria-labelledby="tag-${tag}"><h2 id="tag-${tag}">${escaped(tag)}</h2>${operations
        .filter((one) => one.tag === tag)
        .map((one) => renderOperation(document, one))
        .join('')}</section>`,
  );
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<article id="schema-${escaped(name)}"><h3>${escaped(name)}</h3><pre tabindex="0"><code>${escaped(schemaLines(document, schema).join('\n'))}</code></pre></article>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escaped(info.title)} API ${escaped(info.version)}</title><style>${STYLE}</style></head><body>
<a class="skip" href="#main">Skip to the reference</a>
<header><h1>${escaped(info.title)} API ${escaped(info.version)}</h1><p>${prose(info.description)}</p>
<p>For programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1). The commands read the key from a file, for the arguments of a process are
seen by every process of the machine; one click marks a whole command.</p></header>
<nav aria-label="Operations">${nav}</nav><main id="main">${sections.join('')}
<section aria-labelledby="schemas"><h2 id="schemas">Shapes</h2>${schemas.join('')}</section></main></body></html>`;
}
