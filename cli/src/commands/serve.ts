import { existsSync } from 'node:fs';
import type { Config, Served } from '@sallyport/server';
import type { Command, Input } from '../command.ts';
import { defaultDataDir } from '../environment.ts';
import { note, print } from '../print.ts';
import { programName, quote } from '../program-name.ts';
import { asStop, loadServer, openLog, readSettings, runUntilStopped, settingFlags } from '../server-process.ts';

async function run(input: Input): Promise<number> {
  const server = await loadServer();
  let config: Config | undefined;
  try {
    const settings = readSettings(server, input);
    config = settings;
    const log = openLog(server, settings);
    if (!settings.roles.includes('api'))
      return await runUntilStopped(
        () => server.work(settings, log),
        () => note('sallyport: the worker is ready'),
      );
    return await runUntilStopped(
      () => server.serve(settings, log),
      (served) => (input.has('json') ? printJson(served) : printReady(served, settings, input.has('show-key'))),
    );
  } catch (error) {
    throw asStop(server, error, config);
  }
}

function printJson(served: Served): void {
  const line = {
    url: served.url,
    console_link: served.consoleLink,
    tenant_id: served.tenantId,
    ...(served.firstBoot === undefined ? {} : { api_key: served.firstBoot.apiKey }),
  };
  print(JSON.stringify(line));
}

function printReady(served: Served, config: Config, showKey: boolean): void {
  const data = config.dataDir === defaultDataDir() ? '' : ` --data ${quote(config.dataDir)}`;
  const input = existsSync('README.md')
    ? '--file README.md "Summarise this"'
    : '--text "A sally port is the small guarded gate of a fortress." "Summarise this"';
  print('');
  print(`Sallyport is ready at ${served.url}`);
  print('');
  print(`  sign in     ${served.consoleLink}`);
  print('              (works once, for 30 minutes)');
  if (served.firstBoot !== undefined && showKey) print(`  first key   ${served.firstBoot.apiKey}`);
  if (existsSync(served.keyFile)) print(`  key file    ${served.keyFile}`);
  print('  first run   in another terminal:');
  print('');
  print(`    ${programName()} run${data} --skill document-digest ${input}`);
  print('');
  if (process.stdout.isTTY === true) note('Ctrl-C stops it; nothing is lost.');
}

export const command: Command = {
  name: 'serve',
  about: 'Start the server: API, worker and, without DATABASE_URL, the database.',
  actions: {
    '': {
      usage: '',
      about: 'Start the server: API, worker and, without DATABASE_URL, the database.',
      words: { least: 0, most: 0 },
      flags: [
        {
          name: 'json',
          about:
            'When ready, print one line { url, console_link, tenant_id, api_key }; the key on the first boot only.',
        },
        { name: 'show-key', about: 'Print the first key too, not only the file that holds it.' },
      ],
      moreFlags: settingFlags,
      outlivesOutput: true,
      run,
    },
  },
  notes: [
    'Settings are read from flags, then from the environment variable in brackets; NAME_FILE names a file for a secret.',
    'Logs go to stderr. The first signal ends it in order, the second at once.',
  ],
};
