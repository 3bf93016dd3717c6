// Owns the HTTP API: the registry of routes, the credential of a request, problem details, event streams. Sole importer of the framework.
// Promises that a route outside the registry cannot be reached, that another tenant's id is a missing thing, and one log line a request.
// Must never take a tenant from anything but the credential, nor answer with more of a fault than its public sentence.
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { fault } from '../errors.ts';
import { newId } from '../ids.ts';
import { basePath, belowBase } from './base-path.ts';
import { refuseBrokenRequest } from './broken-request.ts';
import { watchConnections } from './connections.ts';
import type { HttpDeps } from './deps.ts';
import { createEventStreams } from './event-streams.ts';
import { admit, begin, callOf, type Exchange, send, sendFailure } from './exchange.ts';
import { createKeyUse } from './key-use.ts';
import { createReference } from './reference/reference.ts';
import { methodsAt, ROUTES } from './registry.ts';
import type { Route, Services } from './route.ts';
import { MOST_JSON_BYTES, parseStrictJson } from './strict-json.ts';

export { type ConsoleFiles, loadConsole, NO_CONSOLE } from './console/console.ts';
export type { HttpDeps } from './deps.ts';
export { faultsOf } from './reference/faults-of.ts';
export { type ApiReference, createReference } from './reference/reference.ts';
export { ROUTES } from './registry.ts';
export type { Access, Method, Route } from './route.ts';

const CLOSE_MS = 10_000;

/** The path as the framework writes it. */
function pattern(route: Route): string {
  return route.path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function createApp(services: Services): FastifyInstance {
  const proxies = services.listen.trustedProxies;
  const base = basePath(services.listen.publicUrl);
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
      const exchange = begin(services, request, reply);
      admit(services, request, exchange, undefined).then(
        () => sendFailure(reply, exchange, error),
        (refusal: unknown) => sendFailure(reply, exchange, refusal),
      );
    },
  });
}

/** Registers the routes of the registry, and nothing else ever. */
function serve(app: FastifyInstance, services: Services): void {
  const exchanges = new WeakMap<FastifyRequest, Exchange>();
  const of = (request: FastifyRequest): Exchange => exchanges.get(request) ?? { began: performance.now() };
  const byPattern = new Map(ROUTES.map((route) => [`${route.method} ${pattern(route)}`, route]));
  app.addHook('onRoute', (added) => {
    if (!byPattern.has(`${String(added.method)} ${added.url}`))
      throw fault('internal', { detail: `${added.url} is not in the registry` });
  });
  app.addHook('onRequest', async (request, reply) => {
    const exchange = begin(services, request, reply);
    exchanges.set(request, exchange);
    await admit(services, request, exchange, byPattern.get(`${request.method} ${request.routeOptions.url ?? ''}`));
  });
  app.setErrorHandler((error, request, reply) => sendFailure(reply, of(request), error));
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsAt((request.raw.url ?? '').split('?')[0] ?? '');
    if (allowed.length === 0) return sendFailure(reply, of(request), fault('not_found'));
    return sendFailure(reply.header('allow', allowed.join(', ')), of(request), fault('method_not_allowed'));
  });
  const add = (scope: FastifyInstance, routes: readonly Route[]): void => {
    for (const route of routes) {
      const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
        send(reply, await route.run(callOf(services, request, reply, of(request))));
      scope.route({ method: route.method, url: pattern(route), handler });
    }
  };
  // Bodies of any type are taken as bytes in a scope of their own; everywhere else there is JSON or nothing.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
    add(
      scope,
      ROUTES.filter((route) => route.raw),
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
      ROUTES.filter((route) => !route.raw),
    );
  });
}

/** Listens. `close` stops accepting, ends the event streams, and gives requests in flight 10 s. */
export async function startHttp(deps: HttpDeps): Promise<{ readonly url: string; close(): Promise<void> }> {
  const services: Services = {
    ...deps,
    streams: createEventStreams(),
    keyUse: createKeyUse(deps.db, deps.log),
    reference: createReference(ROUTES, deps.listen.publicUrl),
  };
  const app = createApp(services);
  serve(app, services);
  const connections = watchConnections(app.server);
  const { host, port } = deps.listen;
  const url = await app.listen({ host, port }).catch((cause: unknown) => {
    throw fault('configuration', { detail: `cannot listen on ${host} port ${port}: ${String(cause)}`, cause });
  });
  return {
    url,
    close: async () => {
      services.streams.end();
      connections.drain();
      const hard = setTimeout(() => app.server.closeAllConnections(), CLOSE_MS);
      await app.close().finally(() => clearTimeout(hard));
    },
  };
}
