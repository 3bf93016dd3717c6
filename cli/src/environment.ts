// The one place of the command line that reads the environment: where the server is, where the key lies, how to print.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface ClientEnvironment {
  readonly url: string | undefined;
  readonly apiKey: string | undefined;
  readonly apiKeyFile: string | undefined;
  readonly dataDir: string;
}

export type Variables = Readonly<Record<string, string | undefined>>;

/** Ours, not the server's: it would refuse them as settings that do not exist. */
const CLIENT_ONLY = new Set(['SALLYPORT_URL', 'SALLYPORT_API_KEY', 'SALLYPORT_API_KEY_FILE']);

export function defaultDataDir(): string {
  return join(homedir(), '.sallyport');
}

export function clientEnvironment(variables: Variables = process.env): ClientEnvironment {
  const read = (name: string): string | undefined => (variables[name] === '' ? undefined : variables[name]);
  return {
    url: read('SALLYPORT_URL'),
    apiKey: read('SALLYPORT_API_KEY'),
    apiKeyFile: read('SALLYPORT_API_KEY_FILE'),
    dataDir: resolve(read('SALLYPORT_DATA') ?? defaultDataDir()),
  };
}

export function serverEnvironment(variables: Variables = process.env): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !CLIENT_ONLY.has(name)));
}

/** https://no-color.org */
export function wantsColour(variables: Variables = process.env): boolean {
  return (variables.NO_COLOR ?? '') === '' && variables.TERM !== 'dumb';
}
