// Bytes from outside, in and out: names and types of uploads, and the headers under which stored bytes leave (AR4, AR5).
import type { Artifact } from '@sallyport/contracts';
import { fault } from '../../errors.ts';

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = '"(?:[^"\\\\\\x00-\\x08\\x0a-\\x1f\\x7f]|\\\\[\\t\\x20-\\x7e])*"';
/** RFC 9110 section 8.3.1. */
const MEDIA_TYPE = new RegExp(`^(${TOKEN}/${TOKEN})(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|${QUOTED}))*[ \\t]*$`);
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(${TOKEN})=(${QUOTED}|[^;"\\s]+)`, 'y');
const DISPOSITION = /^(?:attachment|inline)(?=[ \t]*(?:;|$))/i;
const EXTENDED = /^utf-8'[A-Za-z0-9-]*'((?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-Fa-f]{2})+)$/i;
const MOST_TYPE = 120;
const MOST_NAME = 200;
const UNNAMED = 'upload';

/** Types that a browser may show: none of them runs. Everything else is a download of plain bytes. */
const SHOWN: Readonly<Record<string, string>> = {
  'text/plain': 'text/plain; charset=utf-8',
  'image/png': 'image/png',
  'image/jpeg': 'image/jpeg',
  'image/webp': 'image/webp',
  'image/gif': 'image/gif',
};

function refuse(message: string): never {
  throw fault('invalid_request', { fields: [{ path: 'Content-Disposition', message }] });
}

/** Type and subtype of an upload, lower-case, without parameters. */
export function readUploadType(header: string | undefined): string {
  if (header === undefined) return 'application/octet-stream';
  const type = MEDIA_TYPE.exec(header)?.[1]?.toLowerCase();
  if (type === undefined || type.length > MOST_TYPE) throw fault('unsupported_media_type');
  return type;
}

/** The file name of an upload (RFC 6266), as one harmless path segment. */
export function readUploadName(header: string | undefined): string {
  if (header === undefined) return UNNAMED;
  const start = DISPOSITION.exec(header)?.[0].length;
  if (start === undefined || header.length > 2_000) refuse('is not understood');
  const found = new Map<string, string>();
  let at = start;
  while (header.slice(at).trim() !== '') {
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(header);
    const [all = '', name = '', value = ''] = match ?? [];
    if (match === null || found.has(name.toLowerCase())) refuse('is not understood');
    found.set(name.toLowerCase(), value);
    at += all.length;
  }
  const extended = found.get('filename*');
  const plain = found.get('filename');
  return cleanName(extended !== undefined ? readExtended(extended) : plain !== undefined ? readPlain(plain) : UNNAMED);
}

/** RFC 8187: the form that says its own encoding. */
function readExtended(value: string): string {
  try {
    return decodeURIComponent(EXTENDED.exec(value)?.[1] ?? '%');
  } catch {
    return refuse('filename* is not UTF-8 in percent-encoding');
  }
}

/** Header bytes reach us as Latin-1; senders write UTF-8. */
function readPlain(value: string): string {
  const text = value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1'));
  } catch {
    return refuse('filename is not UTF-8');
  }
}

/** The last path segment, without control, format and bidirectional characters, nor dots and spaces at its ends. */
function cleanName(name: string): string {
  const last = name.normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const clean = last.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '').replaceAll(/[<>:"|?*]/g, '_');
  const cut = [...clean]
    .slice(0, MOST_NAME)
    .join('')
    .replaceAll(/^[\s.]+|[\s.]+$/g, '');
  return cut === '' ? UNNAMED : cut;
}

/** RFC 6266 section 4.3 and appendix D: a plain ASCII name for old readers, then the real one. */
function disposition(kind: 'inline' | 'attachment', name: string): string {
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const exact = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${exact}`;
}

/** The type is never the sender's word: what is not in the short list leaves as bytes to be saved. */
export function contentHeaders(
  artifact: Pick<Artifact, 'media_type' | 'bytes' | 'name'>,
  wanted?: 'inline' | 'attachment',
): Record<string, string> {
  const shown = Object.hasOwn(SHOWN, artifact.media_type) ? SHOWN[artifact.media_type] : undefined;
  return {
    'content-type': shown ?? 'application/octet-stream',
    'content-length': String(artifact.bytes),
    'content-disposition': disposition(shown === undefined ? 'attachment' : (wanted ?? 'inline'), artifact.name),
    'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'self'",
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'private, no-store',
  };
}
