import { createReadStream } from 'node:fs';
import { showVerdict, verifyExport } from '../chain-status.ts';
import { type Command, type Input, JSON_FLAG } from '../command.ts';
import { Stop, status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
import { linesOf } from '../lines-of.ts';
import { note, paint, print } from '../print.ts';

/** The worst of all files decides: a broken chain before a file that is no export. */
async function run(input: Input): Promise<number> {
  if (input.words.filter((name) => name === '-').length > 1) throw new Stop('usage', '- stands twice');
  let broken = false;
  let stopped: Stop | undefined;
  for (const name of input.words) {
    try {
      const { of, verdict } = await verifyExport(readLines(name), name);
      broken ||= !verdict.ok;
      if (input.has('json'))
        print(inertJson({ file: name, [of.kind === 'run' ? 'run_id' : 'tenant_id']: of.id, ...verdict }));
      else
        print(
          `${inert(name, 300)}: ${of.kind} ${inert(of.id, 40)}: ${paint(verdict.ok ? 'good' : 'bad', showVerdict(verdict))}`,
        );
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      stopped ??= error;
      note(`sallyport: ${error.message}`);
    }
  }
  if (broken) return status('failed');
  return stopped === undefined ? status('ok') : status(stopped.status);
}

async function* readLines(name: string): AsyncGenerator<string> {
  try {
    yield* linesOf(name === '-' ? process.stdin : createReadStream(name));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    throw new Stop('no_input', `${inert(name, 300)} cannot be read (${code})`, error);
  }
}

export const command: Command = {
  name: 'verify',
  about: 'Verify exported runs and audit logs offline.',
  actions: {
    '': {
      usage: 'FILE…',
      about: 'Verify the chain of exported runs and audit logs, without a server and without a key; - reads stdin.',
      words: { least: 1, most: 1_000 },
      flags: [JSON_FLAG],
      run,
    },
  },
  notes: ['Ends with 0 when every chain is whole, 1 when one is broken, 65 when a file is no export.'],
};
