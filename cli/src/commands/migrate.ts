import type { Config } from '@sallyport/server';
import type { Command, Input } from '../command.ts';
import { status } from '../exit-status.ts';
import { inert } from '../inert.ts';
import { print } from '../print.ts';
import { asStop, loadServer, readSettings, settingFlags } from '../server-process.ts';

async function run(input: Input): Promise<number> {
  const server = await loadServer();
  let config: Config | undefined;
  try {
    config = readSettings(server, input);
    const { applied } = await server.migrateDatabase(config, (done, all, name) =>
      print(`${done}/${all} ${inert(name)}`),
    );
    print(applied.length === 0 ? 'nothing to do: the database is up to date' : `applied ${applied.length}`);
    return status('ok');
  } catch (error) {
    throw asStop(server, error, config);
  }
}

export const command: Command = {
  name: 'migrate',
  about: 'Bring the database to the schema of this version.',
  actions: {
    '': {
      usage: '',
      about: 'Bring the database to the schema of this version. The server does so too when it starts.',
      words: { least: 0, most: 0 },
      flags: [],
      moreFlags: settingFlags,
      run,
    },
  },
};
