// Takes a URL in, closed by default: refuses what two parsers could read as two hosts. Rejects, never repairs (R3 to R6).

import { parseAddress } from './address.ts';
import { EgressError } from './egress-error.ts';

/** Ports below 1024 other than 80 and 443 are refused, and of the rest those that browsers refuse (WHATWG fetch, bad ports). */
const BAD_PORTS: ReadonlySet<number> = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
]);
const INNER_SUFFIXES = ['localhost', 'localdomain', 'local', 'internal', 'home.arpa', 'lan', 'onion'];

export interface Target {
  readonly url: URL;
  /** Host without brackets and trailing dot, lower case. */
  readonly host: string;
  readonly port: number;
  /** The address, when the host is a literal. */
  readonly literal: Uint8Array | undefined;
  /** The rules that an operator's opened range may overrule, in order. */
  readonly softRefusal: { readonly code: 'host' | 'port'; readonly rule: string } | undefined;
}

/** Parses and judges a URL without any I/O. Throws `EgressError`. */
export function takeUrl(input: string | URL, hop = 0): Target {
  const text = typeof input === 'string' ? input : input.href;
  if (text.length > 8_000) throw new EgressError('url', 'longer than 8,000 characters', hop);
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new EgressError('url', 'a control character', hop);
  const beforeQuery = text.split(/[?#]/, 1)[0] ?? '';
  if (beforeQuery.includes('\\')) throw new EgressError('url', 'a backslash before the query', hop);
  if (!/^https?:\/\/[^/]/i.test(text))
    throw new EgressError(
      /^[a-z][a-z0-9+.-]*:/i.test(text) ? 'scheme' : 'url',
      'only absolute http and https URLs',
      hop,
    );
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new EgressError('url', 'not a URL', hop);
  }
  if (url.username !== '' || url.password !== '' || /^https?:\/\/[^/?#]*@/i.test(text))
    throw new EgressError('credentials', 'a user name or password in the URL', hop);
  const bracketed = url.hostname.startsWith('[');
  const host = bracketed ? url.hostname.slice(1, -1) : url.hostname.replace(/\.$/, '').toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const literal = parseAddress(host);
  if (bracketed && literal === undefined) throw new EgressError('host', 'not an address in brackets', hop);
  if (literal === undefined) checkName(host, hop);
  return { url, host, port, literal, softRefusal: softRefusal(host, port, literal) };
}

function checkName(host: string, hop: number): void {
  const labels = host.split('.');
  if (
    host === '' ||
    host.length > 253 ||
    labels.some((label) => !/^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  )
    throw new EgressError('host', 'not a host name', hop);
  if (/^\d+$/.test(labels.at(-1) ?? '')) throw new EgressError('host', 'a name that ends in a number', hop);
}

function softRefusal(host: string, port: number, literal: Uint8Array | undefined): Target['softRefusal'] {
  if (port === 0 || (port < 1024 && port !== 80 && port !== 443) || BAD_PORTS.has(port))
    return { code: 'port', rule: `port ${port}` };
  if (literal !== undefined) return undefined;
  const suffix = INNER_SUFFIXES.find((inner) => host === inner || host.endsWith(`.${inner}`));
  if (suffix !== undefined) return { code: 'host', rule: suffix };
  return host.includes('.') ? undefined : { code: 'host', rule: 'single label' };
}
