// Real servers on loopback for tests, and a guard that may reach exactly them.
import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { after } from 'node:test';
import { createEgressGuard, type EgressCode, EgressError, type EgressGuard, type EgressPolicy } from '../src/egress.ts';

const closers: (() => void | Promise<void>)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

export function whenDone(close: () => void | Promise<void>): void {
  closers.push(close);
}

export interface Served {
  readonly port: number;
  readonly base: string;
  readonly server: Server;
  /** TCP connections that were ever accepted. */
  connections(): number;
  /** Sockets that are open now. */
  open(): number;
}

export async function listen(server: TcpServer): Promise<number> {
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  };
  server.on('connection', track);
  whenDone(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

export async function serve(listener: RequestListener): Promise<Served> {
  const server = createServer(listener);
  let accepted = 0;
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    accepted++;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  const port = await listen(server);
  return { port, base: `http://127.0.0.1:${port}`, server, connections: () => accepted, open: () => open.size };
}

/** A server that speaks raw bytes. */
export async function serveRaw(onSocket: (socket: Socket) => void): Promise<{ port: number; base: string }> {
  const port = await listen(createTcpServer(onSocket));
  return { port, base: `http://127.0.0.1:${port}` };
}

/** A guard, closed after the tests, that may reach loopback at these ports. */
export function guardFor(ports: readonly number[], policy: EgressPolicy = {}): EgressGuard {
  const guard = createEgressGuard({ allowAddresses: ports.map((port) => `127.0.0.1/32:${port}`), ...policy });
  whenDone(() => guard.close());
  return guard;
}

export const isCode =
  (...codes: EgressCode[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof EgressError, `${String(error)}`);
    assert.ok(codes.includes(error.code), `${error.code} (${error.detail}), not ${codes.join(' or ')}`);
    return true;
  };

/** Waits for a condition; the bound is only there to end a test that fails. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < end, `never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
