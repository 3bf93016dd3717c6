// Whose address a call came from, for limits alone: the connection's, or what a trusted proxy says. One IPv6 subscriber has a /64 (RL1).
import { parseAddress } from '@sallyport/egress';

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

/** One name for each address, or for each /64 of IPv6. */
export function addressGroup(ip: string): string {
  const bytes = parseAddress(ip.split('%')[0] ?? '');
  if (bytes === undefined) return 'unknown';
  if (bytes.length === 4) return bytes.join('.');
  if (MAPPED.equals(bytes.subarray(0, 12))) return bytes.subarray(12).join('.');
  return `${Buffer.from(bytes.subarray(0, 8)).toString('hex')}/64`;
}
