// A server as `serve` makes it, and in it one careless line for everything that passes: whole requests, in and out, and the whole of the
// settings are handed to the log. Which doors stand before the log is the first argument. Nothing else differs from the shipped one.
import { subscribe } from 'node:diagnostics_channel';
import { createLog, type Log, readConfig, serve, watchProcess } from '../../src/main.ts';

const doors = process.argv[2] ?? 'both';
const log = createLog({
  level: 'debug',
  fields: doors === 'both' || doors === 'outer',
  redaction: doors === 'both' || doors === 'inner',
});

type Carelessly = (event: string, what: object) => void;
const careless: Carelessly = (event, what) => (log.info as (event: string, fields: object) => void)(event, what);

function watchRequests(): void {
  subscribe('http.server.request.start', (message) => {
    const { request } = message as { request: { method: string; url: string; headers: object; rawHeaders: string[] } };
    const { method, url, headers, rawHeaders } = request;
    careless('careless.request', { request: { method, url, headers, rawHeaders } });
  });
  subscribe('undici:request:create', (message) => {
    const { request } = message as { request: { path: string; headers: unknown; body: unknown } };
    const body = request.body instanceof Uint8Array ? Buffer.from(request.body).toString() : request.body;
    careless('careless.call', { request: { path: request.path, headers: request.headers, body } });
  });
  subscribe('undici:request:bodyChunkReceived', (message) => {
    careless('careless.answer', { body: String((message as { chunk: Uint8Array }).chunk) });
  });
}

watchProcess(log, { debugging: 'off', end: () => process.exit(70) });
watchRequests();
const config = readConfig();
const served = await serve(config, log as Log);
careless('careless.settings', { config });
process.once('message', () => {
  void served.close().then(() => process.exit(0));
});
process.send?.({
  url: served.url,
  apiKey: served.firstBoot?.apiKey,
  consoleLink: served.consoleLink,
  tenantId: served.tenantId,
});
