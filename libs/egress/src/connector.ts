// Opens the sockets of one pool: to exactly the checked addresses, judged again once connected and before the first byte (R9, R12).
import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import type { buildConnector } from 'undici';
import { EgressError } from './egress-error.ts';
import { openTunnel } from './proxy.ts';
import type { Rules } from './rules.ts';
import type { SocketDoor } from './socket-door.ts';

const KEEP_ALIVE_MS = 60_000;

export interface Route {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly literal: boolean;
  readonly addresses: readonly string[];
}

/** What one guard's connectors share. */
export interface Entrance {
  readonly rules: Rules;
  /** Undefined is the removed door of tests and proofs. */
  readonly door: SocketDoor | undefined;
  readonly secureContext: () => SecureContext | undefined;
}

/** What a pool tells its connector, and hears from it. */
export interface Waiting {
  /** The questions of the requests that wait for a socket: one opens only while one of them still may start. */
  readonly questions: Set<() => boolean>;
  /** Ends sockets that are still being opened. */
  readonly opening: Set<(error: EgressError) => void>;
  onConnected(peer: string, milliseconds: number): void;
}

/** Parsing all authorities takes milliseconds: done once a guard, and only when the operator adds some. */
export function createAuthorities(rules: Rules): () => SecureContext | undefined {
  let context: SecureContext | undefined;
  return () => {
    if (rules.certificateAuthorities.length === 0) return undefined;
    context ??= createSecureContext({ ca: [...getCACertificates('default'), ...rules.certificateAuthorities] });
    return context;
  };
}

export function createConnector(route: Route, entrance: Entrance, waiting: Waiting): buildConnector.connector {
  const { rules } = entrance;
  let session: Buffer | undefined;
  return (_options, done) => {
    if (![...waiting.questions].some((mayStart) => mayStart()))
      return done(new EgressError('not-started', 'the caller may not begin a call any more'), null);
    const began = rules.clock();
    let open = true;
    let socket: Socket | undefined;
    const finish = (error: EgressError | undefined, ready?: Socket): void => {
      if (!open) return;
      open = false;
      clearTimeout(timer);
      waiting.opening.delete(finish);
      if (error === undefined && ready !== undefined) {
        ready.removeListener('error', onTlsError);
        waiting.onConnected(socket?.remoteAddress ?? '', rules.clock() - began);
        done(null, ready);
        return;
      }
      socket?.on('error', () => undefined);
      socket?.destroy();
      done(error ?? new EgressError('connect', 'no socket'), null);
    };
    const onTlsError = (error: Error): void => finish(new EgressError('tls', error.message.slice(0, 200), 0, error));
    const timer = setTimeout(() => finish(new EgressError('connect', 'no connection in time')), rules.connectTimeoutMs);
    waiting.opening.add(finish);
    const ready = (tcp: Socket): void => {
      if (!route.secure) {
        finish(undefined, tcp);
        return;
      }
      tcp.on('error', onTlsError);
      const secured = secure(tcp, route, entrance, session);
      socket = secured;
      secured.on('session', (next) => {
        session = next;
      });
      secured.once('secureConnect', () => finish(undefined, secured));
      secured.once('error', onTlsError);
    };
    socket = openSocket(route, entrance, finish, ready);
  };
}

function openSocket(
  route: Route,
  entrance: Entrance,
  finish: (error: EgressError) => void,
  ready: (socket: Socket) => void,
): Socket {
  const { rules, door } = entrance;
  const passes = (remote: string, local: string | undefined): boolean => {
    if (door === undefined) return true;
    const verdict = door({ remote, local, port: route.port, literal: route.literal });
    return verdict === 'pass' || (rules.report && verdict === 'refused');
  };
  const refuse = (): void => finish(new EgressError('address', 'the connected peer is not an allowed address'));
  const failed = (error: Error): void => finish(new EgressError('connect', error.message.slice(0, 200), 0, error));
  if (rules.proxy !== undefined) {
    // The proxy connects for us: the inner door judges the address that CONNECT will carry.
    const [address = ''] = route.addresses;
    const socket = connectTcp({ host: rules.proxy.host, port: rules.proxy.port, noDelay: true });
    socket.once('error', failed);
    socket.once('connect', () => {
      if (!passes(address, undefined)) return refuse();
      openTunnel(socket, address, route.port, rules.proxy?.authorization, (error) => {
        socket.removeListener('error', failed);
        if (error !== undefined) finish(error);
        else ready(socket);
      });
    });
    return socket;
  }
  const socket = connectTcp({
    host: route.host,
    port: route.port,
    lookup: pinned(route.addresses),
    autoSelectFamily: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  });
  socket.once('error', failed);
  socket.once('connect', () => {
    if (!passes(socket.remoteAddress ?? '', socket.localAddress)) return refuse();
    socket.removeListener('error', failed);
    ready(socket);
  });
  return socket;
}

/** The socket gets the checked set and asks nobody: happy eyeballs happens inside it. A literal never comes here. */
function pinned(addresses: readonly string[]): LookupFunction {
  const set = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_host, options, done) => {
    if (options.all === true) done(null, set);
    else done(null, set[0]?.address ?? '', set[0]?.family ?? 4);
  };
}

function secure(
  socket: Socket,
  route: Route,
  entrance: Entrance,
  session: Buffer | undefined,
): Socket & NodeJS.EventEmitter {
  const context = entrance.secureContext();
  return connectTls({
    socket,
    host: route.host,
    // An address is no server name (RFC 6066); the certificate is then held against `host`.
    servername: route.literal ? '' : route.host,
    ALPNProtocols: ['http/1.1'],
    // Said here, and not left to the environment: NODE_TLS_REJECT_UNAUTHORIZED=0 changes the default only.
    rejectUnauthorized: true,
    ...(session === undefined ? {} : { session }),
    ...(context === undefined ? {} : { secureContext: context }),
  });
}
