// Which reader a declared media type names, and whether the bytes agree with it.
import { ParseError } from './parse-error.ts';

export type DocumentKind = 'html' | 'text' | 'feed' | 'pdf' | 'docx';

const KINDS: Readonly<Record<string, DocumentKind>> = {
  'text/html': 'html',
  'application/xhtml+xml': 'html',
  'text/plain': 'text',
  'text/markdown': 'text',
  'text/x-markdown': 'text',
  'text/csv': 'text',
  'application/json': 'text',
  'application/rss+xml': 'feed',
  'application/atom+xml': 'feed',
  'application/xml': 'feed',
  'text/xml': 'feed',
  'application/pdf': 'pdf',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
};

export function kindOf(contentType: string): DocumentKind | undefined {
  const type = contentType.slice(0, 200).split(';')[0]?.trim().toLowerCase() ?? '';
  return Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
}

type Magic = 'pdf' | 'zip' | 'ole' | 'other';

const SIGNATURES: readonly (readonly [Magic, string])[] = [
  ['pdf', '%PDF-'],
  ['zip', 'PK\x03\x04'],
  ['zip', 'PK\x05\x06'],
  ['ole', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
  ['other', '\x1f\x8b'],
  ['other', '\x89PNG'],
  ['other', '\xff\xd8\xff'],
  ['other', 'GIF8'],
  ['other', '\x7fELF'],
  ['other', 'wOF'],
  ['other', 'Rar!'],
  ['other', '7z\xbc\xaf'],
  ['other', '\x00asm'],
];

function magicOf(head: string): Magic | undefined {
  return SIGNATURES.find(([, signature]) => head.startsWith(signature))?.[0];
}

/** OLE holds both old Word files and encrypted DOCX; the latter name their stream in UTF-16. */
function isEncryptedPackage(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('EncryptedPackage', 0, 'utf16le');
}

/** Throws `ParseError` unless the first bytes are what the declared type says. */
export function assertAgreement(kind: DocumentKind, bytes: Uint8Array, contentType: string): void {
  const mismatch = new ParseError('media_type_mismatch', 'the bytes are not of the declared media type');
  if (bytes.length === 0) {
    if (kind === 'pdf' || kind === 'docx') throw new ParseError('document_broken', 'the document is empty');
    return;
  }
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  const magic = magicOf(head);
  if (kind === 'pdf') {
    // Readers look for the header in the first 1,024 bytes; what begins as markup is a page that calls itself a PDF.
    if (!head.includes('%PDF-') || /^\s*</.test(head) || (magic !== 'pdf' && magic !== undefined)) throw mismatch;
    return;
  }
  if (kind === 'docx') {
    if (magic === 'ole' && isEncryptedPackage(bytes))
      throw new ParseError('document_encrypted', 'the document is encrypted');
    if (magic !== 'zip') throw mismatch;
    return;
  }
  if (magic !== undefined) throw mismatch;
  const wide = /^(?:\xff\xfe|\xfe\xff|<\x00|\x00<)/.test(head) || /charset\s*=\s*"?utf-?16/i.test(contentType);
  if (!wide && head.includes('\x00')) throw mismatch;
}
