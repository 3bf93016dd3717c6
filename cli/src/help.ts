// Help from the tables that parsing uses.
import { HELP_FLAG } from './arguments.ts';
import type { Action, Command, Flag } from './command.ts';
import { STATUSES } from './exit-status.ts';
import { columns } from './print.ts';

const WIDTH = 100;

export function overview(commands: readonly Command[]): string {
  return [
    'sallyport: a self-hosted runtime for AI agents',
    '',
    'usage: sallyport COMMAND [FLAGS]',
    '',
    ...columns(commands.map((one) => ['', one.name, one.about])),
    '',
    'sallyport help COMMAND says more; sallyport help status explains the exit statuses.',
  ].join('\n');
}

export async function commandHelp(command: Command): Promise<string> {
  const lines: string[] = [];
  for (const [name, action] of Object.entries(command.actions)) {
    if (lines.length > 0) lines.push('');
    lines.push(...(await actionHelp(`${command.name} ${name}`.trim(), action)));
  }
  if (command.notes !== undefined) lines.push('', ...command.notes.flatMap((text) => wrap(text, 0)));
  return lines.join('\n');
}

async function actionHelp(title: string, action: Action): Promise<string[]> {
  const flags = [...action.flags, ...((await action.moreFlags?.()) ?? []), HELP_FLAG];
  return [
    `sallyport ${title} ${action.usage}`.trimEnd(),
    ...wrap(action.about, 2),
    ...flags.flatMap((flag) => [`    ${spell(flag)}`, ...wrap(flag.about, 8)]),
  ];
}

function spell(flag: Flag): string {
  const short = flag.short === undefined ? '' : `-${flag.short}, `;
  return `${short}--${flag.name}${flag.value === undefined ? '' : ` ${flag.value}`}`;
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => ' '.repeat(indent) + one);
}

export function statusHelp(): string {
  const rows = Object.values(STATUSES).map(([code, meaning]) => ['', String(code), meaning]);
  return ['sallyport ends with', ...columns(rows)].join('\n');
}
