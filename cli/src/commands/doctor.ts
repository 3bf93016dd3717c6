import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, SallyportError } from '@sallyport/client';
import type { Config, Finding } from '@sallyport/server';
import { type Command, type Input, JSON_FLAG } from '../command.ts';
import { serverEnvironment } from '../environment.ts';
import { status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
import { paint, print, type Tone } from '../print.ts';
import { loadServer, settingFlags } from '../server-process.ts';

const TONES: Readonly<Record<Finding['state'], Tone>> = { ok: 'good', warn: 'warn', fail: 'bad', skipped: 'quiet' };
const ASK_MS = 5_000;

async function run(input: Input): Promise<number> {
  const server = await loadServer();
  const flags: Record<string, string | undefined> = {};
  for (const setting of Object.values(server.SETTINGS))
    if ('flag' in setting) flags[setting.flag] = input.text(setting.flag);
  const { findings, config } = await server.examine({ env: serverEnvironment(), flags });
  const all = [...findings, ...(config === undefined ? [] : await examineServer(config))];
  const ok = all.every((finding) => finding.state !== 'fail');
  if (input.has('json')) print(inertJson({ ok, checks: all }));
  else show(all, ok);
  return status(ok ? 'ok' : 'failed');
}

function show(findings: readonly Finding[], ok: boolean): void {
  for (const { check, state, said, fix } of findings) {
    print(`${paint(TONES[state], state.padEnd(8))} ${check.padEnd(11)} ${inert(said, 500)}`);
    if (fix !== undefined) print(`${' '.repeat(21)}fix: ${inert(fix, 500)}`);
  }
  print('');
  print(ok ? 'Nothing is in the way.' : 'Something is in the way; each fault says how to mend it.');
}

/** The server of this folder if one runs, otherwise whether its port is free. */
async function examineServer(config: Config): Promise<Finding[]> {
  const own = readAddress(join(config.dataDir, 'server.json'));
  const wanted = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`;
  const url = own ?? wanted;
  const { host } = new URL(url);
  const client = createClient({ baseUrl: url, timeoutMs: ASK_MS });
  try {
    const { status: state, codes } = await client.health.ready();
    if (own === undefined) return [fail('port', `another server answers on ${host}`, 'take a free port: --port 0')];
    const ready = state === 'ready';
    return [
      good('port', `the server of this folder answers on ${host}`),
      ready
        ? good('server', 'it is ready, and its worker is alive')
        : fail('server', `it is not ready: ${codes.join(', ')}`, 'its log says why: the lines not_ready'),
    ];
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    if (error.code !== 'unreachable')
      return [fail('port', `something else answers on ${host}`, 'take a free port: --port 0')];
    if (own !== undefined)
      return [
        warn('server', `it does not answer on ${host}, where it said it would be`, 'start it again: sallyport serve'),
      ];
    return [
      config.port > 0 && config.port < 1024 && process.getuid?.() !== 0
        ? warn('port', `uid ${process.getuid?.() ?? '?'} may not listen on ${host}`, 'take a port above 1023')
        : good('port', `${host} is free`),
      { check: 'server', state: 'skipped', said: 'no server runs for this folder', fix: 'sallyport serve' },
    ];
  }
}

const good = (check: string, said: string): Finding => ({ check, state: 'ok', said, fix: undefined });
const warn = (check: string, said: string, fix: string): Finding => ({ check, state: 'warn', said, fix });
const fail = (check: string, said: string, fix: string): Finding => ({ check, state: 'fail', said, fix });

/** Undefined when no server says that it runs. */
function readAddress(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const { url } = JSON.parse(readFileSync(path, 'utf8')) as { url?: unknown };
    return typeof url === 'string' && /^http:\/\/[\w.:[\]-]+$/.test(url) ? url : undefined;
  } catch {
    return undefined;
  }
}

export const command: Command = {
  name: 'doctor',
  about: 'Examine this deployment and say what is in the way, with one fix a line.',
  actions: {
    '': {
      usage: '',
      about: 'Examine settings, data folder, keys, database, worker and egress guard. Makes and changes nothing.',
      words: { least: 0, most: 0 },
      flags: [JSON_FLAG],
      moreFlags: settingFlags,
      run,
    },
  },
  notes: ['Ends with 0 when nothing is in the way and 1 otherwise. No secret is in its report.'],
};
