// Finds the server and the key of a command, and says what is missing. Keys come from files and the environment only.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Client, createClient } from '@sallyport/client';
import type { Input } from './command.ts';
import { type ClientEnvironment, clientEnvironment } from './environment.ts';
import { Stop } from './exit-status.ts';
import { inert } from './inert.ts';
import { readKeyFile } from './key-file.ts';

export interface Connection {
  readonly client: Client;
  readonly url: string;
}

const DEFAULT_URL = 'http://127.0.0.1:4600';

/** With the tenant's key. */
export function connect(input: Input, environment = clientEnvironment()): Connection {
  const dataDir = dataDirOf(input, environment);
  const key = environment.apiKey?.trim() ?? readNamed(environment) ?? readKeyFile(join(dataDir, 'first-key'));
  if (key === undefined)
    throw new Stop(
      'not_permitted',
      `there is no key: ${join(dataDir, 'first-key')} does not exist. Set SALLYPORT_API_KEY or SALLYPORT_API_KEY_FILE, or name the server's data folder with --data`,
    );
  return open(findUrl(input, environment, dataDir), key);
}

/** With the operator's key, which lies in the data folder and nowhere else. */
export function connectAsOperator(input: Input, environment = clientEnvironment()): Connection {
  const dataDir = dataDirOf(input, environment);
  const key = readKeyFile(join(dataDir, 'operator-key'));
  if (key === undefined)
    throw new Stop(
      'not_permitted',
      `${join(dataDir, 'operator-key')} does not exist: name the server's data folder with --data, on the machine of the server`,
    );
  return open(findUrl(input, environment, dataDir), key);
}

function open(url: string, apiKey: string): Connection {
  return { client: createClient({ baseUrl: url, apiKey }), url };
}

function dataDirOf(input: Input, environment: ClientEnvironment): string {
  return resolve(input.text('data') ?? environment.dataDir);
}

function readNamed(environment: ClientEnvironment): string | undefined {
  if (environment.apiKeyFile === undefined) return undefined;
  try {
    return readFileSync(environment.apiKeyFile, 'utf8').trim();
  } catch (error) {
    throw new Stop('not_permitted', `SALLYPORT_API_KEY_FILE: ${environment.apiKeyFile} cannot be read`, error);
  }
}

function findUrl(input: Input, environment: ClientEnvironment, dataDir: string): string {
  const [given, source] =
    input.text('url') !== undefined ? [input.text('url'), '--url'] : [environment.url, 'SALLYPORT_URL'];
  if (given === undefined) return readServerFile(join(dataDir, 'server.json')) ?? DEFAULT_URL;
  return checkUrl(given, source);
}

/** The key goes over this address: in clear only where no network is between. */
function checkUrl(text: string, source: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '')
    throw new Stop('usage', `${source}: expected an http or https URL, for example ${DEFAULT_URL}`);
  if (url.protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
    throw new Stop(
      'usage',
      `${source}: ${inert(url.host)} is not this machine; expected https, for the key travels with it`,
    );
  return url.href;
}

/** What `serve` wrote. A dead server's port may be anybody's by now, so its file is not believed. */
function readServerFile(path: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const { url, pid } = parseServerFile(text);
  if (typeof url !== 'string' || !Number.isSafeInteger(pid))
    throw new Stop('data', `${path} is damaged; start the server again, or name it with --url`);
  if (!isAlive(pid as number))
    throw new Stop(
      'unavailable',
      `the server of this data folder is not running (process ${String(pid)} has ended); start it: sallyport serve`,
    );
  return checkUrl(url, path);
}

function parseServerFile(text: string): { url?: unknown; pid?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
