import { randomUUID } from 'node:crypto';
import type { CreateRun } from '@sallyport/contracts';
import { CONNECTION_FLAGS, type Command, type Input, KEY_NOTES } from '../command.ts';
import { connect } from '../connection.ts';
import { Stop, status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
import { note, print } from '../print.ts';
import { commandAgain } from '../program-name.ts';
import { watchRun } from '../run-report.ts';
import { checkFile, MEDIA_TYPES, MOST_INPUTS, uploadAll } from '../uploads.ts';

const MONEY = /^\d{1,10}(\.\d{1,10})?$/;
const LIMITS = ['tokens', 'cost', 'seconds', 'calls'] as const;

async function run(input: Input): Promise<number> {
  const [task = ''] = input.words;
  const pages = input.all('page');
  const texts = input.all('text');
  const files = input.all('file').map(checkFile);
  if (pages.length > MOST_INPUTS || files.length + texts.length > MOST_INPUTS)
    throw new Stop('usage', `at most ${MOST_INPUTS} pages and ${MOST_INPUTS} files and texts are taken`);
  for (const page of pages)
    if (!/^https?:\/\//.test(page) || URL.parse(page) === null)
      throw new Stop('usage', `--page ${inert(page, 200)}: expected an http or https URL`);
  const skill = input.text('skill') ?? guessSkill(task, pages.length, files.length + texts.length);
  const budget = readBudget(input.text('budget'));
  const connection = connect(input);
  const artifacts = await uploadAll(connection.client, files, texts);
  const model = input.text('model');
  const body: CreateRun = {
    skill,
    task,
    input: { ...(pages.length > 0 ? { urls: [...pages] } : {}), ...(artifacts.length > 0 ? { artifacts } : {}) },
    ...(model === undefined ? {} : { model }),
    ...(budget === undefined ? {} : { budget }),
  };
  const made = await connection.client.runs.create(body, { idempotencyKey: randomUUID() });
  const again = commandAgain(input);
  if (input.has('detach')) {
    print(input.has('json') ? inertJson(made) : inert(made.id, 40));
    if (!input.has('json')) note(`follow it: ${again(`runs follow ${made.id}`)}`);
    return status('ok');
  }
  if (!input.has('json')) note(`run ${inert(made.id, 40)} of ${inert(made.skill, 80)} on ${inert(made.model, 80)}`);
  return watchRun(connection, made.id, { json: input.has('json'), out: input.text('out'), again });
}

function guessSkill(task: string, pages: number, documents: number): string {
  const web = pages > 0 || /https?:\/\//.test(task);
  if (web && documents > 0) throw new Stop('usage', 'pages and files together need a skill: name one with --skill');
  if (web) return 'web-digest';
  if (documents > 0) return 'document-digest';
  throw new Stop('usage', 'there is nothing to work on: give --page, --file or --text, or name a skill with --skill');
}

/** `tokens=20000,cost=0.50`: any of the four limits, each once. */
export function readBudget(text: string | undefined): CreateRun['budget'] | undefined {
  if (text === undefined) return undefined;
  const budget: { tokens?: number; cost?: string; seconds?: number; calls?: number } = {};
  for (const part of text.split(',')) {
    const [name = '', value = '', more] = part.trim().split('=');
    const limit = LIMITS.find((one) => one === name);
    const fits = limit === 'cost' ? MONEY.test(value) : /^\d{1,12}$/.test(value);
    if (limit === undefined || !fits || more !== undefined || budget[limit] !== undefined)
      throw new Stop(
        'usage',
        `--budget ${inert(part, 60)}: expected limits as tokens=20000,cost=0.50,seconds=300,calls=20`,
      );
    if (limit === 'cost') budget.cost = value;
    else budget[limit] = Number(value);
  }
  return budget;
}

export const command: Command = {
  name: 'run',
  about: 'Start a run and watch it.',
  actions: {
    '': {
      usage: '[--page URL]… [--file PATH]… TASK',
      about: 'Start a run of a skill, watch it, and verify its chain at the end.',
      words: { least: 1, most: 1 },
      flags: [
        {
          name: 'skill',
          value: 'NAME',
          about: 'Skill, or NAME@VERSION. web-digest for pages and document-digest for files unless told.',
        },
        { name: 'model', value: 'MODEL', about: 'Model; the default of the server unless told.' },
        { name: 'page', value: 'URL', many: true, about: 'A page that the run may read. May stand many times.' },
        {
          name: 'file',
          value: 'PATH',
          many: true,
          about: `A document to upload (${Object.keys(MEDIA_TYPES).join(' ')}). May stand many times.`,
        },
        { name: 'text', value: 'TEXT', many: true, about: 'A text to upload as a document. May stand many times.' },
        {
          name: 'budget',
          value: 'LIMITS',
          about: "Limits such as tokens=20000,cost=0.50,seconds=300,calls=20; never above the skill's own.",
        },
        { name: 'out', short: 'o', value: 'DIR', about: 'Save the artifacts of the run there at the end.' },
        { name: 'detach', about: 'Print the id of the run and leave.' },
        { name: 'json', about: 'Print events as JSON lines, and a last line { report }.' },
        ...CONNECTION_FLAGS,
      ],
      run,
    },
  },
  notes: [
    ...KEY_NOTES,
    'Ctrl-C leaves the run to itself and says how to follow or cancel it.',
    'Ends with 0 when the run succeeded and its chain is whole, 1 when it failed, 2 when it was cancelled.',
  ],
};
