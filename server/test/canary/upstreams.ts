// The world around the server under test, as unkind as it may be: whatever it was sent it says again in its errors.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Site, serveSite } from '../workbench.ts';

export interface Upstreams {
  readonly model: Site;
  readonly reader: Site;
  readonly site: Site;
  readonly s3: Site;
  readonly collector: Site;
  /** What the collector of traces was sent. */
  readonly spans: string[];
  /** Everything that was asked of them, headers too. */
  readonly asked: string[];
  /** Every byte that the server under test stored. */
  readonly stored: Map<string, Buffer>;
  close(): Promise<void>;
}

export interface Said {
  readonly page: string;
  /** Arguments of the calls that the model makes in its second turn. */
  readonly calls: () => readonly { readonly name: string; readonly arguments: object }[];
  readonly answer: string;
}

type Listener = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

/** Says back all that it heard, as careless gateways do. */
function repeat(response: ServerResponse, status: number, request: IncomingMessage, body: Buffer): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'www-authenticate': request.headers.authorization ?? '',
  });
  response.end(JSON.stringify({ error: { message: `refused: ${JSON.stringify(request.headers)} ${String(body)}` } }));
}

function complete(
  response: ServerResponse,
  content: string | null,
  calls: readonly { name: string; arguments: object }[],
): void {
  const tool_calls = calls.map((call, index) => ({
    id: `c${index}`,
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }));
  const message = { role: 'assistant', content, ...(calls.length > 0 ? { tool_calls } : {}) };
  const finish_reason = calls.length > 0 ? 'tool_calls' : 'stop';
  const usage = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      id: 'x',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message, finish_reason }],
      usage,
    }),
  );
}

function modelOf(said: Said): Listener {
  return (request, response, body) => {
    const { model, messages } = JSON.parse(String(body)) as { model: string; messages: readonly { role: string }[] };
    if (model === 'refusing') return repeat(response, 401, request, body);
    const turns = messages.filter(({ role }) => role === 'assistant').length;
    if (turns === 0) complete(response, 'I begin.', said.calls().slice(0, 2));
    else if (turns === 1) complete(response, null, said.calls().slice(2));
    else complete(response, said.answer, []);
  };
}

function s3Of(stored: Map<string, Buffer>): Listener {
  return (request, response, body) => {
    const { pathname } = new URL(request.url ?? '/', 'http://x');
    if (request.method === 'PUT') stored.set(pathname, body);
    const found = stored.get(pathname);
    if (request.method === 'GET' && found === undefined) return repeat(response, 404, request, body);
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const part = from === undefined ? found : found?.subarray(Number(from), Number(to) + 1);
    response.writeHead(from === undefined ? 200 : 206, {
      etag: '"x"',
      'content-length': request.method === 'GET' ? (part?.length ?? 0) : 0,
      ...(from === undefined ? {} : { 'content-range': `bytes ${from}-${to}/${found?.length}` }),
    });
    response.end(request.method === 'GET' ? part : undefined);
  };
}

export async function openUpstreams(said: Said): Promise<Upstreams> {
  const asked: string[] = [];
  const spans: string[] = [];
  const stored = new Map<string, Buffer>();
  const serve = (listener: Listener): Promise<Site> =>
    serveSite((request, response) => {
      void buffer(request).then((body) => {
        asked.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)} ${String(body)}`);
        listener(request, response, body);
      });
    });
  const site = await serve((request, response, body) => {
    if (request.url?.startsWith('/broken') === true) return repeat(response, 500, request, body);
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(said.page);
  });
  const [model, reader, s3, collector] = await Promise.all([
    serve(modelOf(said)),
    serve((request, response, body) => repeat(response, 500, request, body)),
    serve(s3Of(stored)),
    serve((request, response, body) => {
      spans.push(String(body));
      repeat(response, spans.length === 1 ? 500 : 200, request, body);
    }),
  ]);
  const all = [model, reader, site, s3, collector];
  return {
    model,
    reader,
    site,
    s3,
    collector,
    spans,
    asked,
    stored,
    close: async () => void (await Promise.all(all.map((one) => one.close()))),
  };
}
