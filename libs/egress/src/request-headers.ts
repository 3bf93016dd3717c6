// Which headers may go out, and which of them may follow to another origin (R13, R14): an allow-list, since real credentials travel in any header.
import { EgressError } from './egress-error.ts';

const NEVER =
  /^(host|connection|transfer-encoding|content-length|upgrade|te|proxy-.*|metadata-flavor|metadata|x-aws-ec2-metadata-token.*|x-google-metadata-request|accept-encoding)$/;
const ACROSS = /^(accept|accept-language|cache-control|content-type|if-.*|pragma|range|user-agent)$/;

/** Checked, lower-case header pairs. Throws `EgressError('header')` before anything is connected. */
export function takeHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const taken: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(key) || NEVER.test(key))
      throw new EgressError('header', `header ${key.slice(0, 40)} may not be set`);
    if (/[\r\n\0]/.test(value)) throw new EgressError('header', `header ${key} holds a line break`);
    taken[key] = value;
  }
  return taken;
}

/** What may follow a redirect to another origin; dropped headers never return. */
export function acrossOrigins(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => ACROSS.test(name)));
}
