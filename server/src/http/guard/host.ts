// The Host header on a loopback bind. A page of the web can point a name of its own at 127.0.0.1 and speak to us through a browser
// of this machine (DNS rebinding); it cannot do so under an address or under our own name.
import { fault } from '../../errors.ts';

const HOST = /^(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::\d{1,5})?$/;
/** As the URL parser writes an address; it takes no other host that ends in a number (WHATWG URL, host parsing). */
const ADDRESS = /^(\[.*\]|\d+\.\d+\.\d+\.\d+)$/;

/** Throws `misdirected` unless the name of the request is an address, `localhost` or the host of the public URL. */
export function demandOwnHost(host: string, bind: string, publicUrl: URL | undefined): void {
  if (!bind.startsWith('127.') && bind !== '::1') return;
  const name = HOST.test(host) ? URL.parse(`http://${host}`)?.hostname : undefined;
  if (name === undefined) throw fault('misdirected');
  if (name !== 'localhost' && name !== publicUrl?.hostname && !ADDRESS.test(name)) throw fault('misdirected');
}
