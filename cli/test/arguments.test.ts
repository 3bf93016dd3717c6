import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseAction, nearest, parseArguments } from '../src/arguments.ts';
import { readDuration } from '../src/commands/keys.ts';
import { readBudget, command as run } from '../src/commands/run.ts';
import { command as runs } from '../src/commands/runs.ts';
import { Stop } from '../src/exit-status.ts';

const WANTED = {
  title: 'try',
  usage: 'TASK',
  words: { least: 0, most: 1 },
  flags: [
    { name: 'data', value: 'DIR', about: '' },
    { name: 'page', value: 'URL', many: true, about: '' },
    { name: 'out', short: 'o', value: 'DIR', about: '' },
    { name: 'json', about: '' },
  ],
};

test('flags are read in any order, in both spellings, and words are kept', () => {
  const input = parseArguments(WANTED, ['--page=a', 'the task', '--json', '-o', 'x', '--page', 'b', '--data', '.']);
  assert.deepEqual(input.words, ['the task']);
  assert.deepEqual(input.all('page'), ['a', 'b']);
  assert.deepEqual(
    [input.text('out'), input.text('data'), input.has('json'), input.has('help')],
    ['x', '.', true, false],
  );
});

test('after two dashes everything is a word', () => {
  assert.deepEqual(parseArguments(WANTED, ['--', '--json']).words, ['--json']);
});

const REFUSED: readonly [string, readonly string[], RegExp][] = [
  ['an unknown flag, with the nearest', ['--jsno'], /no --jsno; did you mean --json\?/],
  ['an unknown flag near nothing', ['--quantum'], /no --quantum \(sallyport help try\)/],
  ['an unknown short flag', ['-x'], /no -x/],
  ['a name of the prototype', ['--constructor'], /no --constructor/],
  ['a value that was forgotten at the end', ['--data'], /--data needs a value/],
  ['a value that was forgotten before a flag', ['--data', '--json'], /--data needs a value; write --data=VALUE/],
  ['an empty value', ['--data='], /--data needs a value/],
  ['a value for a switch', ['--json=yes'], /--json takes no value/],
  ['a flag that stands twice', ['--data', 'a', '--data', 'b'], /--data stands twice/],
  ['a word too many', ['one', 'two'], /does not take "two"/],
  ['a key', ['--api-key', 'sp_live_x'], /takes no key: arguments are seen by every process/],
];
for (const [what, args, sentence] of REFUSED)
  test(`${what} is refused with a sentence`, () => {
    assert.throws(
      () => parseArguments(WANTED, args),
      (error) => error instanceof Stop && error.status === 'usage' && sentence.test(error.message),
    );
  });

test('a refused key is not repeated', () => {
  assert.throws(
    () => parseArguments(WANTED, ['--token=sp_live_abc']),
    (error) => error instanceof Stop && !error.message.includes('sp_live_abc'),
  );
});

test('a slip of an action is named, and a bare command still takes its words', () => {
  assert.throws(() => chooseAction(runs, ['shwo', 'x']), /runs has no shwo; did you mean show\?/);
  assert.deepEqual(chooseAction(runs, ['show', 'x']), { name: 'show', rest: ['x'] });
  assert.deepEqual(chooseAction(runs, ['--json']), { name: '', rest: ['--json'] });
  assert.deepEqual(chooseAction(run, ['a task']), { name: '', rest: ['a task'] });
  assert.throws(() => chooseAction(runs, ['toString']), /runs has no toString/);
});

test('the nearest name is found for a slip and none for another word', () => {
  const names = ['serve', 'worker', 'migrate', 'run', 'runs', 'verify'];
  assert.deepEqual(
    ['sevre', 'wroker', 'migrat', 'vrefiy', 'ru', 'banana', ''].map((word) => nearest(word, names)),
    ['serve', 'worker', 'migrate', 'verify', 'run', undefined, undefined],
  );
});

test('a budget names its limits, each once', () => {
  assert.equal(readBudget(undefined), undefined);
  assert.deepEqual(readBudget('tokens=20000, cost=0.50'), { tokens: 20_000, cost: '0.50' });
  for (const wrong of [
    '',
    'tokens',
    'tokens=',
    'tokens=-1',
    'tokens=1e9',
    'cost=1,5',
    'cost=a',
    'days=1',
    'calls=1,calls=2',
  ])
    assert.throws(() => readBudget(wrong), Stop, wrong);
});

test('a time is read in its units', () => {
  assert.deepEqual(
    ['90d', '12h', '30m', '60s', '3600'].map((text) => readDuration(text)),
    [7_776_000, 43_200, 1_800, 60, 3_600],
  );
  for (const wrong of ['', '1y', '-1d', '1.5h', 'd']) assert.throws(() => readDuration(wrong), Stop, wrong);
});
