import type { Config, Log } from '@sallyport/server';
import type { Action, Command, Input } from '../command.ts';
import { status } from '../exit-status.ts';
import { inert } from '../inert.ts';
import { note, print } from '../print.ts';
import { asStop, loadServer, openLog, readSettings, settingFlags } from '../server-process.ts';

type Server = Awaited<ReturnType<typeof loadServer>>;

interface Ground {
  readonly server: Server;
  readonly config: Config;
  readonly log: Log;
  readonly word: string;
  readonly onProgress: (said: string) => void;
}

function acting(work: (ground: Ground) => Promise<string>): (input: Input) => Promise<number> {
  return async (input) => {
    const server = await loadServer();
    let config: Config | undefined;
    try {
      config = readSettings(server, input);
      const log = openLog(server, config);
      const onProgress = (said: string): void => note(inert(said));
      print(await work({ server, config, log, word: input.words[0] ?? '', onProgress }));
      return status('ok');
    } catch (error) {
      throw asStop(server, error, config);
    }
  };
}

function action(usage: string, about: string, work: (ground: Ground) => Promise<string>): Action {
  const words = usage === '' ? 0 : 1;
  return { usage, about, words: { least: words, most: words }, flags: [], moreFlags: settingFlags, run: acting(work) };
}

export const command: Command = {
  name: 'rotate',
  about: 'Replace keys while the server serves: master, tenant, links, database.',
  actions: {
    master: action(
      '',
      'Wrap the keys of all tenants under a new master key.',
      async ({ server, config, log, onProgress }) => {
        const { version, tenants, keys } = await server.rotateMaster(config, log, { onProgress });
        return `master key ${version} counts: ${keys} keys of ${tenants} tenants wrapped anew. Keep it, and the old one as long as backups count on that.`;
      },
    ),
    tenant: action(
      'ID',
      'Seal what a tenant writes from now on under a new key.',
      async ({ server, config, log, word }) => {
        await server.rotateTenant(config, log, word);
        return `tenant ${inert(word, 40)} has a new key; what was sealed under older ones stays readable`;
      },
    ),
    links: action('', 'Sign links to artifacts with a new key.', async ({ server, config, log, onProgress }) => {
      const { version } = await server.rotateLinks(config, log, { onProgress });
      return `link key ${version} signs; links of the old one live out their hour`;
    }),
    database: action('', 'Give the logins of an own PostgreSQL new passwords.', async ({ server, config, log }) => {
      await server.rotateDatabase(config, log);
      return 'the logins of the database have new passwords';
    }),
  },
  notes: [
    'It works on the data folder and its database, beside a server that runs or without one. One that was killed is run again and goes on.',
    'A new key counts once every living node holds it; nodes look into their folder every two seconds.',
  ],
};
