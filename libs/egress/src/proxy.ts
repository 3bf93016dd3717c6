// CONNECT through a proxy that the operator named. It carries the checked address, so that the proxy resolves nothing (R11).
import type { Socket } from 'node:net';
import { EgressError } from './egress-error.ts';

const MOST_HEAD = 16 * 1024;

/** Calls back once: with the tunnel open, or with why it is not. A refusal is never answered by a direct connection. */
export function openTunnel(
  socket: Socket,
  address: string,
  port: number,
  authorization: string | undefined,
  done: (error: EgressError | undefined) => void,
): void {
  const refusal = (status: string | undefined, rest: number): EgressError | undefined => {
    if (status === '407') return new EgressError('connect', 'the proxy wants other credentials');
    if (!status?.startsWith('2')) return new EgressError('connect', `the proxy answered ${status ?? 'no status'}`);
    return rest > 0 ? new EgressError('connect', 'the proxy sent bytes of its own') : undefined;
  };
  const target = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  let head = Buffer.alloc(0);
  const finish = (error: EgressError | undefined): void => {
    socket.removeListener('data', onData);
    socket.removeListener('end', onEnd);
    if (error === undefined) socket.pause();
    done(error);
  };
  const onEnd = (): void => finish(new EgressError('connect', 'the proxy closed the connection'));
  const onData = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) {
      if (head.length > MOST_HEAD) finish(new EgressError('connect', 'the proxy answers without end'));
      return;
    }
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(head.toString('latin1'))?.[1];
    // Nothing may come before we spoke: bytes behind the head would be taken for the server's answer.
    finish(refusal(status, head.length - end - 4));
  };
  socket.on('data', onData);
  socket.once('end', onEnd);
  const credentials = authorization === undefined ? '' : `Proxy-Authorization: ${authorization}\r\n`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${credentials}\r\n`);
}
