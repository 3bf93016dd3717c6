// Takes a URL in, closed by default: refuses what two parsers could read as two hosts. Rejects, never repairs (R3 to R6).
import { formatAddress, parseAddress } from './address.ts';
import { EgressError } from './egress-error.ts';
import { innerName, isHostName, matchesHost } from './names.ts';
import type { Rules } from './rules.ts';

const LONGEST = 8_000;
/** Of the ports from 1024 on, those that browsers refuse (WHATWG fetch, bad ports). */
const BAD_PORTS: ReadonlySet<number> = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
]);

export interface Refusal {
  readonly code: 'host' | 'port' | 'address';
  readonly rule: string;
}

export interface Target {
  readonly url: URL;
  /** Host without brackets and trailing dot, lower case; an address in its one canonical text. */
  readonly host: string;
  readonly port: number;
  /** The address, when the host is a literal. */
  readonly literal: Uint8Array | undefined;
}

/** Parses and judges the form of a URL without any I/O. Throws `EgressError`. */
export function takeUrl(text: string, schemes: readonly string[], hop = 0): Target {
  if (text.length > LONGEST) throw new EgressError('url', `longer than ${LONGEST} characters`, hop);
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new EgressError('url', 'a control character', hop);
  const beforeQuery = text.split(/[?#]/, 1)[0] ?? '';
  if (beforeQuery.includes('\\')) throw new EgressError('url', 'a backslash before the query', hop);
  const authority = /^https?:\/\/([^/?#]+)/i.exec(text)?.[1];
  if (authority === undefined) {
    const scheme = /^[a-z][a-z0-9+.-]*:/i.test(text) && !/^https?:/i.test(text) ? 'scheme' : 'url';
    throw new EgressError(scheme, 'only absolute http and https URLs', hop);
  }
  if (authority.includes('@')) throw new EgressError('credentials', 'a user name or password in the URL', hop);
  // Percent signs in a host are decoded by one parser and kept by another; a zone id is written with one.
  if (authority.includes('%')) throw new EgressError('host', 'a percent sign in the host', hop);
  const url = URL.parse(text);
  if (url === null) throw new EgressError('url', 'not a URL', hop);
  if (!schemes.includes(url.protocol)) throw new EgressError('scheme', `${url.protocol} is not allowed`, hop);
  const bracketed = url.hostname.startsWith('[');
  const host = bracketed ? url.hostname.slice(1, -1) : url.hostname.replace(/\.$/, '').toLowerCase();
  const literal = parseAddress(host);
  if (literal === undefined && (bracketed || !isHostName(host))) throw new EgressError('host', 'not a host name', hop);
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { url, host: literal === undefined ? host : formatAddress(literal), port, literal };
}

/** The host rule that refuses, before DNS is asked. */
export function refusedHost(target: Target, rules: Rules): Refusal | undefined {
  const { host } = target;
  if (matchesHost(rules.denyHosts, host)) return { code: 'host', rule: 'denied host' };
  if (rules.allowHosts !== undefined && !matchesHost(rules.allowHosts, host))
    return { code: 'host', rule: 'not an allowed host' };
  if (target.literal !== undefined || matchesHost(rules.innerNames, host)) return undefined;
  const rule = innerName(host);
  return rule === undefined ? undefined : { code: 'host', rule };
}

/** The port rule that refuses; `opened` says that an operator's range names this very port. */
export function refusedPort(port: number, rules: Rules, opened: boolean): Refusal | undefined {
  const refusal: Refusal = { code: 'port', rule: `port ${port}` };
  if (port === 0) return refusal;
  if (rules.allowPorts !== undefined) return rules.allowPorts.has(port) ? undefined : refusal;
  if (opened) return undefined;
  return (port < 1024 && port !== 80 && port !== 443) || BAD_PORTS.has(port) ? refusal : undefined;
}
