// The command line at the same server: what it prints, well and badly.
import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scene } from './drive.ts';
import type { Haystack } from './search.ts';

const BIN = fileURLToPath(new URL('../../../cli/bin/sallyport.mjs', import.meta.url));

async function command(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Haystack[]> {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  child.stdout.on('data', (chunk: Buffer) => said.stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.stderr.push(chunk));
  await new Promise((resolve) => child.once('close', resolve));
  const name = `cli: ${args.slice(0, 2).join(' ')}`;
  return [
    { place: `${name}, stdout`, bytes: Buffer.concat(said.stdout) },
    { place: `${name}, stderr`, bytes: Buffer.concat(said.stderr) },
  ];
}

/** A database that asks for a password and says it aloud. */
async function withTalkingDatabase<T>(work: (port: number) => Promise<T>): Promise<T> {
  const server = createServer((socket) => {
    let asked = false;
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      if (!asked) {
        asked = true;
        socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
        return;
      }
      const password = data.subarray(5, -1).toString();
      const fields = Buffer.from(`SFATAL\0C28P01\0Mno entry for ${password} here\0\0`);
      const head = Buffer.alloc(5);
      head.write('E');
      head.writeInt32BE(fields.length + 4, 1);
      socket.end(Buffer.concat([head, fields]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work((server.address() as AddressInfo).port);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

export async function askCommands(scene: Scene, run: string): Promise<Haystack[]> {
  const { data, url, apiKey, masterKey, canaries } = scene;
  const key = { SALLYPORT_API_KEY: apiKey, SALLYPORT_URL: url };
  const bad = canaries.plant('key that no server knows', 'credential', (word) => `sp_live_${word}_${word}${word}`);
  const password = canaries.plant('database password', 'credential');
  const found = await Promise.all([
    command(['runs', 'list'], key),
    command(['runs', 'show', run], key),
    command(['runs', 'show', canaries.plant('argument of a command', 'credential')], key),
    command(['audit', 'list'], key),
    command(['keys', 'list'], key),
    command(['posture', '--data', data], {}),
    command(['doctor', '--data', data], { SALLYPORT_MASTER_KEY: masterKey }),
    command(['runs', 'list'], { ...key, SALLYPORT_API_KEY: bad }),
  ]);
  const refused = await withTalkingDatabase((port) =>
    Promise.all(
      ['serve', 'worker', 'migrate'].map((name) =>
        command([name, '--data', join(data, '..', `other-${name}`)], {
          SALLYPORT_MASTER_KEY: masterKey,
          DATABASE_URL: `postgres://somebody:${password}@127.0.0.1:${port}/sallyport`,
        }),
      ),
    ),
  );
  return [...found, ...refused].flat();
}
