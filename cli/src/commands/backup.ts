import type { Config } from '@sallyport/server';
import { type Command, type Input, JSON_FLAG } from '../command.ts';
import { status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
import { note, print, showBytes } from '../print.ts';
import { asStop, loadServer, openLog, readSettings, settingFlags } from '../server-process.ts';

async function run(input: Input): Promise<number> {
  const server = await loadServer();
  const file = input.words[0] ?? '';
  const withMasterKey = input.has('with-master-key');
  let config: Config | undefined;
  try {
    config = readSettings(server, input);
    if (withMasterKey)
      note(
        'WARNING: the master key goes into the file in clear. Whoever reads the file reads every tenant. Guard it so.',
      );
    const made = await server.backUp(config, openLog(server, config), file, {
      withMasterKey,
      onProgress: (said) => note(inert(said)),
    });
    const { head, end, digest, bytes } = made;
    if (input.has('json'))
      print(
        inertJson({
          file,
          bytes,
          digest,
          made_at: head.made_at,
          tenants: head.tenants,
          blobs: end.blobs,
          missing: end.missing,
          holds: head.holds,
          lacks: head.lacks,
        }),
      );
    else {
      print(`${inert(file, 500)}: ${showBytes(bytes)}, ${head.tenants} tenants, ${end.blobs} artifacts`);
      print(`digest ${digest}`);
      for (const one of head.holds) print(`holds   ${inert(one)}`);
      for (const one of head.lacks) print(`lacks   ${inert(one)}`);
    }
    if (end.missing > 0) note(`WARNING: the bytes of ${end.missing} artifacts were not there to be saved.`);
    return status('ok');
  } catch (error) {
    throw asStop(server, error, config);
  }
}

export const command: Command = {
  name: 'backup',
  about: 'Save the whole installation in one file, while it serves or is stopped.',
  actions: {
    '': {
      usage: 'FILE',
      about: 'Save the whole installation in one file, while it serves or is stopped.',
      words: { least: 1, most: 1 },
      flags: [
        {
          name: 'with-master-key',
          about: 'Put the master key into the file, in clear: whoever has the file then has everything.',
        },
        JSON_FLAG,
      ],
      moreFlags: settingFlags,
      run,
    },
  },
  notes: [
    'The file is a tar; sallyport.json in it says what it holds and what it lacks, and SHA256SUMS.* check every member.',
    'Keep the master key (DATA/keys/master-*) elsewhere: without it nothing in the file can be opened.',
    'Keep DATA/deletions.jsonl with the backups: a restore deletes again what it names.',
  ],
};
