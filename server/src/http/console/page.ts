// The one page of the console, with the policy that keeps a script of anybody else from running in it.
import { randomBytes } from 'node:crypto';
import type { Answer } from '../message/answer.ts';
import type { ConsoleFiles } from './files.ts';

/** Everything is off but writing to the clipboard, for the buttons that copy. */
const PERMISSIONS = [
  'accelerometer=()',
  'autoplay=()',
  'bluetooth=()',
  'camera=()',
  'clipboard-read=()',
  'clipboard-write=(self)',
  'display-capture=()',
  'encrypted-media=()',
  'fullscreen=()',
  'geolocation=()',
  'gyroscope=()',
  'hid=()',
  'idle-detection=()',
  'local-fonts=()',
  'magnetometer=()',
  'microphone=()',
  'midi=()',
  'payment=()',
  'picture-in-picture=()',
  'publickey-credentials-get=()',
  'screen-wake-lock=()',
  'serial=()',
  'storage-access=()',
  'usb=()',
  'web-share=()',
  'xr-spatial-tracking=()',
].join(', ');

/**
 * React and its components set no text as markup and need no policy of trusted types; the one name is for the addresses of our own
 * workers. Styles carry the nonce, since components write rules for what they measure.
 */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "require-trusted-types-for 'script'",
    'trusted-types sallyport-worker',
  ].join('; ');
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sallyport</title>
<p>The console is not built: run <code>npm run console</code>, then start the server again.</p>
</html>
`;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => ESCAPES[sign] ?? '');
}

/** `base` is the path under which people reach us, with a slash at its end. */
export function pageAnswer(files: ConsoleFiles, base: string): Answer {
  const nonce = randomBytes(16).toString('base64');
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy(nonce),
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': PERMISSIONS,
    'x-frame-options': 'DENY',
    'cache-control': 'no-store',
  };
  const { html } = files;
  if (html === undefined) return { status: 503, headers, bytes: Buffer.from(NOT_BUILT) };
  const filled = html.replaceAll('{{base}}', () => escaped(base)).replaceAll('{{nonce}}', nonce);
  return { status: 200, headers, bytes: Buffer.from(filled) };
}
