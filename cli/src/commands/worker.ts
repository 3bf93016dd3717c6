import type { Config } from '@sallyport/server';
import type { Command, Input } from '../command.ts';
import { note } from '../print.ts';
import { asStop, loadServer, openLog, readSettings, runUntilStopped, settingFlags } from '../server-process.ts';

async function run(input: Input): Promise<number> {
  const server = await loadServer();
  let config: Config | undefined;
  try {
    const settings = readSettings(server, input, { roles: 'worker' });
    config = settings;
    const log = openLog(server, settings);
    return await runUntilStopped(
      () => server.work(settings, log),
      () => note('sallyport: the worker is ready'),
    );
  } catch (error) {
    throw asStop(server, error, config);
  }
}

export const command: Command = {
  name: 'worker',
  about: 'Start a worker without an API.',
  actions: {
    '': {
      usage: '',
      about: 'Start a worker without an API, on the database of a running server.',
      words: { least: 0, most: 0 },
      flags: [],
      moreFlags: settingFlags,
      outlivesOutput: true,
      run,
    },
  },
  notes: [
    'The same as serve with SALLYPORT_ROLES=worker. SALLYPORT_HEALTH_ADDRESS says where it answers whether it lives.',
    'Settings are read from flags, then from the environment variable in brackets.',
  ],
};
