import { createReadStream } from 'node:fs';
import { asAudited, type ChainStatus, showVerdict, verifyExport } from '../chain-status.ts';
import { type Command, type Input, JSON_FLAG } from '../command.ts';
import { Stop, status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
import { linesOf } from '../lines-of.ts';
import { note, paint, print } from '../print.ts';

interface Read {
  readonly name: string;
  readonly chain: ChainStatus;
}

/** The worst of all files decides: a broken chain before a file that is no export. Runs are held to the audit logs beside them. */
async function run(input: Input): Promise<number> {
  if (input.words.filter((name) => name === '-').length > 1) throw new Stop('usage', '- stands twice');
  const all: Read[] = [];
  let stopped: Stop | undefined;
  for (const name of input.words) {
    try {
      all.push({ name, chain: await verifyExport(readLines(name), name) });
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      stopped ??= error;
      note(`sallyport: ${error.message}`);
    }
  }
  const chains = all.map(({ chain }) => chain);
  const whole = all.map(({ name, chain }) => show(input, name, chain, asAudited(chain, chains)));
  if (whole.includes(false)) return status('failed');
  return stopped === undefined ? status('ok') : status(stopped.status);
}

/** True when the chain is whole. */
function show(
  input: Input,
  name: string,
  { of, verdict: own }: ChainStatus,
  audited: ChainStatus['verdict'] | undefined,
): boolean {
  const verdict = audited ?? own;
  const id = of.kind === 'run' ? 'run_id' : 'tenant_id';
  if (input.has('json'))
    print(inertJson({ file: name, [id]: of.id, ...verdict, ...(audited === undefined ? {} : { audited: true }) }));
  else {
    const said = `${showVerdict(verdict)}${audited?.ok === true ? ', as the audit log says' : ''}`;
    print(`${inert(name, 300)}: ${of.kind} ${inert(of.id, 40)}: ${paint(verdict.ok ? 'good' : 'bad', said)}`);
  }
  return verdict.ok;
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
  notes: [
    'An export whose end was cut off and whose header was made anew is whole by itself: give the audit log of its tenant, kept elsewhere, beside it.',
    'Ends with 0 when every chain is whole, 1 when one is broken, 65 when a file is no export.',
  ],
};
