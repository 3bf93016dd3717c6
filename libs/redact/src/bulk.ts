// Replaces bulk by its digest: long strings, bytes and documents of any key (RD9).
import { createHash } from 'node:crypto';

export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
  readonly contentType: string;
}

const SHORTEST_DOCUMENT = 8;
const SHORTEST_BODY = 256;
const STARTS =
  /^[\s\ufeff]{0,40}(?:<!doctype|<html|<head|<body|<\?xml|<svg|<!--|%PDF-|\{\\rtf|PK\x03\x04|JVBERi0|PCFET0NUWVBF|PGh0bWw|UEsDB|data:[a-z]+\/[\w.+-]{1,80}(?:;[\w=-]{1,40}){0,4},|MIME-Version:)/i;
const CLOSES =
  /<\/(?:html|head|body|title|div|p|span|table|tbody|tr|td|ul|ol|li|a|article|section|main|nav|header|footer|form|h[1-6]|script|style|pre|blockquote|b|strong|em|svg)\s{0,4}>/i;
const BODY =
  /^(?:raw|inner|outer|full|page|response|request|document|extracted|article|text)?(?:html|markdown|pagetext|pagecontent|documenttext|documentbody|documentcontent|fulltext|extractedtext|rawbody|responsebody|requestbody|articlebody|body|content|document)$/;
const FIRST = new Set([...'<%{PJUdDmM \t\r\n\ufeff']);

export function contentTypeOf(text: string): string {
  const head = text.slice(0, 200).trimStart().toLowerCase();
  if (head.startsWith('<?xml') || head.startsWith('<svg')) return 'application/xml';
  if (head.startsWith('%pdf-')) return 'application/pdf';
  if (head.startsWith('<') || CLOSES.test(text.slice(0, 20_000))) return 'text/html';
  if (head.startsWith('{\\rtf')) return 'application/rtf';
  return head.startsWith('{') || head.startsWith('[') ? 'application/json' : 'text/plain';
}

export function digest(body: string | Uint8Array, contentType: string): Digest {
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  return { bytes, sha256: createHash('sha256').update(body).digest('hex'), contentType };
}

/** A key that is expected to hold a page or a document, so a shorter text counts as bulk. */
export function isBodyName(name: string): boolean {
  return name.length < 32 && BODY.test(name.replace(/[^A-Za-z]/g, '').toLowerCase());
}

/** `limit` counts bytes of UTF-8. */
export function isBulk(text: string, limit: number, body: boolean): boolean {
  if (text.length > limit || (text.length * 3 > limit && Buffer.byteLength(text) > limit)) return true;
  if (text.length < SHORTEST_DOCUMENT) return false;
  if (body && text.length > SHORTEST_BODY) return true;
  if (FIRST.has(text[0] ?? '') && STARTS.test(text)) return true;
  return text.includes('</') && CLOSES.test(text);
}
