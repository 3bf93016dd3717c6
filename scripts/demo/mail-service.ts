// The mail service of the demo: it takes each letter and breaks the line before it answers, as such services do on a bad day.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface MailService {
  readonly url: string;
  readonly port: number;
  /** Bodies of the letters that reached it. */
  readonly letters: readonly string[];
  close(): Promise<void>;
}

const MOST_BYTES = 64 * 1024;

export async function openMailService(): Promise<MailService> {
  const letters: string[] = [];
  const server = createServer((request) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body = (body + text).slice(0, MOST_BYTES);
    });
    request.on('end', () => {
      letters.push(body);
      request.socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    letters,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
