// A command that can be copied. The key reaches it by its standard input: arguments are seen by every process of the machine.
import type { Operation } from './operations.ts';

const KEY = '<<< "Authorization: Bearer $(cat ~/.sallyport/first-key)"';
const OPERATOR = KEY.replace('first-key', 'operator-key');

export function curlOf(one: Operation): string {
  const base = one.server === '' ? 'http://127.0.0.1:4600' : one.server;
  // Ids are of the reader's own things: `$ID` and `$SEQ` are set by hand.
  const path = one.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => `$${name.toUpperCase()}`);
  const parts = ['curl -sS'];
  if (one.method !== 'GET') parts.push(`-X ${one.method}`);
  if (one.needsKey) parts.push('-H @-');
  if (one.raw) parts.push("-H 'content-type: text/plain'", '--data-binary @notes.txt');
  else if (one.sample !== undefined)
    parts.push("-H 'content-type: application/json'", `-d ${quote(JSON.stringify(one.sample))}`);
  parts.push(`"${base}${path}"`);
  if (one.needsKey) parts.push(one.tag === 'tenants' ? OPERATOR : KEY);
  return parts.join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
