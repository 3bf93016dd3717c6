// Which headers may go out, and which of them may follow to another origin (R13, R14): an allow-list, since real credentials travel in any header.
import { EgressError } from './egress-error.ts';

const MOST_HEADERS = 100;
const MOST_BYTES = 32 * 1024;
/** Framing belongs to the connection, proxy headers to the proxy, and metadata headers open the credentials of a cloud. */
const NEVER =
  /^(host|connection|keep-alive|transfer-encoding|content-length|upgrade|expect|te|trailer|proxy-.*|metadata-flavor|metadata|x-aws-ec2-metadata-token.*|x-google-metadata-request)$/;
const ACROSS = /^(accept|accept-encoding|accept-language|cache-control|content-type|if-.*|pragma|range|user-agent)$/;

export type HeaderPairs = Readonly<Record<string, string>>;

/** Checked, lower-case header pairs. Throws `EgressError('header')` before anything is connected. */
export function takeHeaders(headers: Iterable<readonly [string, unknown]>): Record<string, string> {
  const taken: Record<string, string> = {};
  let bytes = 0;
  let count = 0;
  for (const [name, value] of headers) {
    const key = String(name).toLowerCase();
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(key) || key === '__proto__' || NEVER.test(key))
      throw new EgressError('header', `header ${key.slice(0, 40).replace(/[^a-z0-9_-]/g, '?')} may not be set`);
    if (typeof value !== 'string' || /[^\t\x20-\x7e\x80-\xff]/.test(value))
      throw new EgressError('header', `header ${key} holds a line break or another character that may not be sent`);
    bytes += key.length + value.length;
    if (++count > MOST_HEADERS || bytes > MOST_BYTES) throw new EgressError('header', 'too many or too long headers');
    taken[key] = key in taken ? `${taken[key]}, ${value}` : value;
  }
  return taken;
}

/** What may follow a redirect to another origin; dropped headers never return. */
export function acrossOrigins(headers: HeaderPairs): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => ACROSS.test(name)));
}

/** What describes a body that is sent no more. */
export function withoutBody(headers: HeaderPairs): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^content-/.test(name)));
}
