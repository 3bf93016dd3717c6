import type { RunSummary } from '@sallyport/contracts';
import { CONNECTION_FLAGS, type Command, type Input, JSON_FLAG, KEY_NOTES } from '../command.ts';
import { connect } from '../connection.ts';
import { status } from '../exit-status.ts';
import { escapeJson, inert, inertJson, inertLines } from '../inert.ts';
import { LIMIT_FLAG, printList, readLimit } from '../listing.ts';
import { print, printBytes } from '../print.ts';
import { commandAgain } from '../program-name.ts';
import { watchRun } from '../run-report.ts';

const ONE = { least: 1, most: 1 };
const NONE = { least: 0, most: 0 };

async function list(input: Input): Promise<number> {
  const { client } = connect(input);
  await printList(input, client.runs.list({ limit: Math.min(readLimit(input), 100) }), {
    title: ['ID', 'STATUS', 'SKILL', 'COST', 'CREATED'],
    row: (run: RunSummary) => [run.id, run.status, run.skill, run.usage.cost, run.created_at],
  });
  return status('ok');
}

async function show(input: Input): Promise<number> {
  const run = await connect(input).client.runs.get(input.words[0] ?? '');
  if (input.has('json')) {
    print(inertJson(run));
    return status('ok');
  }
  const rows: [string, string][] = [
    ['run', run.id],
    ['status', run.error_code === null ? run.status : `${run.status} (${run.error_code})`],
    ['skill', run.skill],
    ['model', run.model],
    ['created', run.created_at],
    ['ended', run.ended_at ?? '-'],
    ['usage', `${run.usage.tokens} tokens, ${run.usage.calls} calls, ${run.usage.cost} USD`],
    ['events', String(run.last_seq + 1)],
    ['head', run.head ?? '-'],
  ];
  for (const [name, value] of rows) print(`${name.padEnd(9)} ${inert(value, 200)}`);
  for (const [name, text] of [
    ['task', run.task],
    ['outcome', run.result?.outcome ?? ''],
  ] as const) {
    if (text === '') continue;
    print(name);
    for (const line of inertLines(text)) print(`  ${line}`);
  }
  return status('ok');
}

async function follow(input: Input): Promise<number> {
  const connection = connect(input);
  const options = { json: input.has('json'), out: input.text('out'), again: commandAgain(input) };
  return watchRun(connection, input.words[0] ?? '', options);
}

async function cancel(input: Input): Promise<number> {
  const { client } = connect(input);
  const id = input.words[0] ?? '';
  await client.runs.cancel(id);
  const run = await client.runs.get(id);
  print(input.has('json') ? inertJson(run) : `run ${inert(run.id, 40)} ${inert(run.status, 20)}`);
  return status('ok');
}

/** Byte for byte to a file or a pipe; on a terminal the same JSON with active characters as escapes. */
async function exportRun(input: Input): Promise<number> {
  const { client } = connect(input);
  const shown = process.stdout.isTTY === true ? escapeJson : (line: string): string => line;
  for await (const line of client.runs.export(input.words[0] ?? '')) await printBytes(`${shown(line)}\n`);
  return status('ok');
}

export const command: Command = {
  name: 'runs',
  about: 'List, show, follow, cancel and export runs.',
  actions: {
    '': {
      usage: '',
      about: 'List runs, newest first.',
      words: NONE,
      flags: [LIMIT_FLAG, JSON_FLAG, ...CONNECTION_FLAGS],
      run: list,
    },
    list: {
      usage: '',
      about: 'The same.',
      words: NONE,
      flags: [LIMIT_FLAG, JSON_FLAG, ...CONNECTION_FLAGS],
      run: list,
    },
    show: { usage: 'ID', about: 'Show one run.', words: ONE, flags: [JSON_FLAG, ...CONNECTION_FLAGS], run: show },
    follow: {
      usage: 'ID',
      about: 'Show a run from its first event to its end, and verify its chain.',
      words: ONE,
      flags: [
        { name: 'out', short: 'o', value: 'DIR', about: 'Save the artifacts of the run there at the end.' },
        JSON_FLAG,
        ...CONNECTION_FLAGS,
      ],
      run: follow,
    },
    cancel: { usage: 'ID', about: 'Cancel a run.', words: ONE, flags: [JSON_FLAG, ...CONNECTION_FLAGS], run: cancel },
    export: {
      usage: 'ID',
      about: 'Write the export of a run to stdout, for sallyport verify.',
      words: ONE,
      flags: CONNECTION_FLAGS,
      run: exportRun,
    },
  },
  notes: KEY_NOTES,
};
