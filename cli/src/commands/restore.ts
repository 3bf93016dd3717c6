import { readFileSync } from 'node:fs';
import type { Config } from '@sallyport/server';
import { type Command, type Input, JSON_FLAG } from '../command.ts';
import { Stop, status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
import { note, print } from '../print.ts';
import { asStop, loadServer, openLog, readSettings, settingFlags } from '../server-process.ts';

function readDeletions(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Stop('no_input', `${inert(path, 500)} cannot be read`, error);
  }
}

async function run(input: Input): Promise<number> {
  const server = await loadServer();
  const file = input.words[0] ?? '';
  let config: Config | undefined;
  try {
    config = readSettings(server, input);
    const deletions = readDeletions(input.text('deletions'));
    const restored = await server.restore(config, openLog(server, config), file, {
      deletions,
      resumeRuns: input.has('resume-runs'),
      onProgress: (said) => note(inert(said)),
    });
    const { checked, cancelled, deleted } = restored;
    const { head, end, seal } = checked;
    if (input.has('json'))
      print(
        inertJson({
          digest: seal.digest,
          made_at: head.made_at,
          tenants: head.tenants,
          blobs: end.blobs,
          cancelled,
          deleted,
        }),
      );
    else {
      print(`restored what was there at ${inert(head.made_at, 40)}: ${head.tenants} tenants, ${end.blobs} artifacts`);
      if (cancelled > 0) print(`cancelled ${cancelled} runs that had not ended: nobody knows what they did since`);
      for (const id of deleted) print(`deletes again ${inert(id, 40)}, once the server runs`);
      if (deletions === undefined) note('Tenants that were deleted after the backup are back; --deletions names them.');
      print('keys that were revoked since are good again; sessions are ended. Start it: sallyport serve');
    }
    return status('ok');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new Stop('no_input', `${inert(file, 500)} is not there`, error);
    throw asStop(server, error, config);
  }
}

export const command: Command = {
  name: 'restore',
  about: 'Put a backup into an empty data folder or an empty database.',
  actions: {
    '': {
      usage: 'FILE',
      about: 'Put a backup into an empty data folder or an empty database, here or on another machine.',
      words: { least: 1, most: 1 },
      flags: [
        {
          name: 'deletions',
          value: 'FILE',
          about: 'The file deletions.jsonl of the old data folder: tenants it names are deleted again.',
        },
        {
          name: 'resume-runs',
          about: 'Let unfinished runs go on. Only for a move, where the old installation never serves again.',
        },
        JSON_FLAG,
      ],
      moreFlags: settingFlags,
      run,
    },
  },
  notes: [
    'Everything in the file is checked before anything is written for good. One that was killed is begun again.',
    'The master key comes from SALLYPORT_MASTER_KEY_FILE, or DATA/keys/master-1, or a file made --with-master-key.',
  ],
};
