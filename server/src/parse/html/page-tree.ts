// What a reader of a page would not call its text: scripts, images, hidden parts, banners; and the frame around the body.
import type { Tree, TreeDocument, TreeElement } from './tree.ts';

const NEVER =
  'script:not([type="application/ld+json"]), style, noscript, template, iframe, object, embed, img, picture, source, svg, video, audio, canvas, map, input, select, textarea, button, dialog, [hidden], [aria-hidden="true"], [role="dialog"], [role="alertdialog"], [aria-modal="true"]';
const FRAME =
  'script, nav, aside, [role="navigation"], [role="banner"], [role="contentinfo"], [role="complementary"], [role="search"]';
const FRAME_OUTSIDE = 'header, footer';
const BANNER = /(?:^|[\s_-])(?:cookie|consent|gdpr|newsletter|paywall)/i;
const HIDDEN = /display\s*:\s*none|visibility\s*:\s*hidden/i;

function removeAll(root: Tree, selector: string): void {
  for (const node of [...root.querySelectorAll(selector)]) node.remove();
}

/** A banner covers a page, it is never the page: what holds most of the text stays, whatever its name. */
function isBanner(node: TreeElement, total: number): boolean {
  const name = `${node.getAttribute('id') ?? ''} ${node.getAttribute('class') ?? ''}`;
  return BANNER.test(name) && (node.textContent ?? '').length * 2 < total;
}

export function clearTree(document: TreeDocument, body: TreeElement): void {
  removeAll(document, NEVER);
  removeAll(body, 'title');
  const total = (body.textContent ?? '').length;
  for (const node of [...document.querySelectorAll('div[class], div[id], section[class], section[id], aside, form')])
    if (isBanner(node, total)) node.remove();
  for (const node of [...document.querySelectorAll('[style]')])
    if (HIDDEN.test(node.getAttribute('style') ?? '')) node.remove();
  for (const item of [...document.querySelectorAll('li')]) if ((item.textContent ?? '').trim() === '') item.remove();
  for (const pre of [...document.querySelectorAll('pre br')]) pre.replaceWith(document.createTextNode('\n'));
  // The parser parts text at each entity; signs are escaped by what stands beside them.
  body.normalize();
}

/** The body, or its `main`, without navigation and the page's own header and footer. */
export function copyBody(document: TreeDocument, body: TreeElement): TreeElement {
  const [main, second] = document.querySelectorAll('main, [role="main"]');
  const copy = (second === undefined ? (main ?? body) : body).cloneNode(true);
  removeAll(copy, FRAME);
  for (const node of [...copy.querySelectorAll(FRAME_OUTSIDE)])
    if (node.closest('article, section, blockquote') === null) node.remove();
  return copy;
}
