// A real HTTP server that speaks the wire format by a script of answers, and remembers what it was asked.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (response: ServerResponse, asked: Asked) => void;

export interface Wire {
  readonly url: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** Answers the nth request with the nth answer; the last one goes on for ever. */
export async function wire(...answers: readonly Answer[]): Promise<Wire> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      asked.push(one);
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      answer?.(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return (response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

export function problem(status: number, code: string, headers: Record<string, string> = {}, more: object = {}): Answer {
  return json({ type: 'about:blank', title: `Refused: ${code}.`, status, code, ...more }, status, headers);
}

/** Ends the connection without an answer. */
export const hangUp: Answer = (response) => void response.destroy();

export function envelope(seq: number, type = 'step.started', data: unknown = { step: seq, name: 'model' }): object {
  return { id: `e${seq}`, tenant_id: 't', run_id: 'r', seq, type, version: 1, time: new Date(seq).toISOString(), data };
}

export function sse(seq: number, type?: string): string {
  const event = envelope(seq, type);
  return `id: ${seq}\nevent: ${type ?? 'step.started'}\ndata: ${JSON.stringify(event)}\n\n`;
}

export const END = 'event: end\ndata: {}\n\n';

/** An event stream of these pieces; `cut` breaks the connection after them, else it ends properly. */
export function stream(pieces: readonly string[], options: { cut?: boolean; open?: boolean } = {}): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': hello\n\n');
    for (const piece of pieces) response.write(piece);
    if (options.open === true) return;
    if (options.cut === true) setImmediate(() => setTimeout(() => response.destroy(), 20));
    else response.end();
  };
}
