// Owns the HTTP API: the registry of routes, the credential of a request, problem details, event streams. Sole importer of the framework.
// Promises that a route outside the registry cannot be reached, that another tenant's id is a missing thing, and one log line a request.
// Must never take a tenant from anything but the credential, nor answer with more of a fault than its public sentence.
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { fault } from '../errors.ts';
import { newId } from '../ids.ts';
import { MOST_JSON_BYTES, parseStrictJson } from '../strict-json.ts';
import type { HttpDeps } from './deps.ts';
import { basePath, belowBase } from './exchange/base-path.ts';
import { answerBeforeService, type Waiting } from './exchange/before-service.ts';
import { refuseBrokenRequest } from './exchange/broken-request.ts';
import { watchConnections } from './exchange/connections.ts';
import { admit, begin, callOf, type Exchange, newExchange, send, sendFailure } from './exchange/exchange.ts';
import { openServices } from './open-services.ts';
import { createReference } from './reference/reference.ts';
import { HEALTH_ROUTES, methodsAt, ROUTES } from './registry.ts';
import type { Route, Services } from './route.ts';

export type { ApiReference } from './api-reference.ts';
export { type ConsoleFiles, loadConsole, NO_CONSOLE } from './console/console.ts';
export type { HttpDeps } from './deps.ts';
export { faultsOf } from './reference/faults-of.ts';
export { createReference } from './reference/reference.ts';
export { ROUTES } from './registry.ts';
export type { Access, Method, Route } from './route.ts';

const CLOSE_MS = 10_000;

export interface Standing extends Pick<HttpDeps, 'log' | 'listen'> {
  /** A node without the API serves what is about its own health, and nothing else. */
  readonly only?: 'health';
}

/** A node from its first to its last request. */
class Node {
  readonly log: HttpDeps['log'];
  readonly listen: HttpDeps['listen'];
  waiting: Waiting = { code: 'starting', detail: 'starting' };
  services: Services | undefined;
  /** It was told to end, and waits for balancers to notice. */
  leaving = false;
  readonly routes: readonly Route[];

  constructor({ log, listen, only }: Standing) {
    this.log = log;
    this.listen = listen;
    this.routes = only === 'health' ? HEALTH_ROUTES : ROUTES;
  }
  get keyUse(): Services['keyUse'] | undefined {
    return this.services?.keyUse;
  }
  get metrics(): Services['metrics'] {
    return this.services?.metrics;
  }
  get traces(): Services['traces'] {
    return this.services?.traces;
  }
}

/** Of a request that was admitted, so they are there. */
function servicesOf(node: Node): Services {
  if (node.services === undefined) throw fault('unavailable');
  return node.services;
}

/** The path as the framework writes it. */
function pattern(route: Route): string {
  return route.path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function createApp(node: Node): FastifyInstance {
  const proxies = node.listen.trustedProxies;
  const base = basePath(node.listen.publicUrl);
  return Fastify({
    logger: false,
    trustProxy: proxies.length === 0 ? false : [...proxies],
    rewriteUrl: (request) => belowBase(request.url ?? '/', base),
    genReqId: () => newId(),
    requestIdHeader: false,
    bodyLimit: MOST_JSON_BYTES,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // A silent socket: streams send a heartbeat every 15 s.
    connectionTimeout: 60_000,
    requestTimeout: 300_000,
    keepAliveTimeout: 65_000,
    routerOptions: { maxParamLength: 200 },
    // A missing Host is refused by us, in our shape.
    http: { maxHeaderSize: 16_384, headersTimeout: 15_000, requireHostHeader: false },
    clientErrorHandler: refuseBrokenRequest,
    frameworkErrors: (error, request, reply) => {
      const exchange = begin(node, request, reply);
      const { services } = node;
      if (services === undefined) return sendFailure(reply, exchange, error);
      return admit(services, request, exchange, undefined, () => undefined).then(
        () => sendFailure(reply, exchange, error),
        (refusal: unknown) => sendFailure(reply, exchange, refusal),
      );
    },
  });
}

/** Registers the routes of the registry, and nothing else ever. */
function serve(app: FastifyInstance, node: Node): void {
  const exchanges = new WeakMap<FastifyRequest, Exchange>();
  const of = (request: FastifyRequest): Exchange => exchanges.get(request) ?? newExchange(request);
  const { routes } = node;
  const byPattern = new Map(routes.map((route) => [`${route.method} ${pattern(route)}`, route]));
  app.addHook('onRoute', (added) => {
    if (!byPattern.has(`${String(added.method)} ${added.url}`))
      throw fault('internal', { detail: `${added.url} is not in the registry` });
  });
  app.addHook('onRequest', async (request, reply) => {
    const exchange = begin(node, request, reply);
    exchanges.set(request, exchange);
    const { services } = node;
    if (services === undefined) return send(reply, answerBeforeService(request, node.listen, node.waiting));
    if (node.leaving) reply.header('connection', 'close');
    const route = byPattern.get(`${request.method} ${request.routeOptions.url ?? ''}`);
    await node.log.within(exchange.ids, () =>
      admit(services, request, exchange, route, (headers) => void reply.headers(headers)),
    );
    // Taken as it stands it would be stored, or refused as broken JSON, under a type that it is not (RFC 9110 section 8.4).
    if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') throw fault('unsupported_media_type');
    if (node.leaving && route?.path === '/readyz')
      return send(reply, { status: 503, body: { status: 'not_ready', codes: ['leaving'] } });
  });
  app.setErrorHandler((error, request, reply) => sendFailure(reply, of(request), error));
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsAt(routes, (request.raw.url ?? '').split('?')[0] ?? '');
    if (allowed.length === 0) return sendFailure(reply, of(request), fault('not_found'));
    return sendFailure(reply.header('allow', allowed.join(', ')), of(request), fault('method_not_allowed'));
  });
  const add = (scope: FastifyInstance, routes: readonly Route[]): void => {
    for (const route of routes) {
      const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
        const exchange = of(request);
        const call = callOf(servicesOf(node), request, reply, exchange);
        return send(reply, await node.log.within(exchange.ids, () => route.run(call)));
      };
      scope.route({ method: route.method, url: pattern(route), handler });
    }
  };
  // Bodies of any type are taken as bytes in a scope of their own; everywhere else there is JSON or nothing.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
    add(
      scope,
      routes.filter((route) => route.raw),
    );
  });
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer' },
      async (request: FastifyRequest, body: Buffer) => {
        const charset = /charset\s*=\s*"?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
        if (charset !== undefined && charset.toLowerCase() !== 'utf-8') throw fault('unsupported_media_type');
        return parseStrictJson(body);
      },
    );
    add(
      scope,
      routes.filter((route) => !route.raw),
    );
  });
}

export interface ListeningNode {
  readonly url: string;
  /** What `/readyz` says until `open`. */
  waitFor(waiting: Waiting): void;
  /** From now on the node serves. */
  open(deps: HttpDeps): void;
  /** From now on `/readyz` says no and every answer ends its connection; all else is served as before. */
  leave(): void;
  /** Stops accepting, ends the event streams, and gives requests in flight 10 s. */
  close(): Promise<void>;
}

/** Listens, alive and not ready: a node that migrates, or waits for another that does, is not taken for a dead one. */
export async function listenHttp(node: Standing): Promise<ListeningNode> {
  const standing = new Node(node);
  const app = createApp(standing);
  serve(app, standing);
  const connections = watchConnections(app.server);
  // An expectation that is none of ours may be passed over (RFC 9110 section 10.1.1); Node.js would answer without a body.
  app.server.on('checkExpectation', (...call: Parameters<typeof app.routing>) => app.routing(...call));
  let closing: Promise<void> | undefined;
  const { host, port } = node.listen;
  const url = await app.listen({ host, port }).catch((cause: unknown) => {
    throw fault('configuration', { detail: `cannot listen on ${host} port ${port}: ${String(cause)}`, cause });
  });
  return {
    url,
    waitFor: (waiting) => {
      standing.waiting = waiting;
    },
    open: (deps) => {
      standing.services = openServices(deps, createReference(ROUTES, deps.listen.publicUrl));
    },
    leave: () => {
      standing.leaving = true;
    },
    close: () => {
      closing ??= (async () => {
        standing.services?.streams.end();
        standing.services?.guard.close();
        connections.drain();
        const hard = setTimeout(() => app.server.closeAllConnections(), CLOSE_MS);
        await app.close().finally(() => clearTimeout(hard));
      })();
      return closing;
    },
  };
}

/** Listens and serves at once. */
export async function startHttp(deps: HttpDeps): Promise<ListeningNode> {
  const node = await listenHttp(deps);
  node.open(deps);
  return node;
}
