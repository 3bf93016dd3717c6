// Owns the command line: which commands there are, and what becomes of an error.
// Promises a clear sentence and a distinct exit status for what it cannot do.
// Must never read a secret from its arguments, nor print foreign text that is not inert.
import { SallyportError } from '@sallyport/client';
import { chooseAction, parseArguments, suggestion } from './arguments.ts';
import type { Action, Command } from './command.ts';
import { type StatusName, Stop, status } from './exit-status.ts';
import { commandHelp, overview, statusHelp } from './help.ts';
import { inert, inertLines } from './inert.ts';
import { note, print } from './print.ts';

type Loaded = Promise<{ readonly command: Command }>;

/** Each is imported when it is named: a command does not pay for the others. */
const COMMANDS: Readonly<Record<string, () => Loaded>> = {
  serve: () => import('./commands/serve.ts'),
  worker: () => import('./commands/worker.ts'),
  backup: () => import('./commands/backup.ts'),
  restore: () => import('./commands/restore.ts'),
  rotate: () => import('./commands/rotate.ts'),
  migrate: () => import('./commands/migrate.ts'),
  run: () => import('./commands/run.ts'),
  runs: () => import('./commands/runs.ts'),
  artifacts: () => import('./commands/artifacts.ts'),
  keys: () => import('./commands/keys.ts'),
  users: () => import('./commands/users.ts'),
  approvals: () => import('./commands/approvals.ts'),
  tenants: () => import('./commands/tenants.ts'),
  purge: () => import('./commands/purge.ts'),
  egress: () => import('./commands/egress.ts'),
  secrets: () => import('./commands/secrets.ts'),
  audit: () => import('./commands/audit.ts'),
  posture: () => import('./commands/posture.ts'),
  verify: () => import('./commands/verify.ts'),
  compat: () => import('./commands/compat.ts'),
  doctor: () => import('./commands/doctor.ts'),
  version: () => import('./commands/version.ts'),
};
const STUCK_MS = 3_000;

async function load(name: string): Promise<Command> {
  if (!Object.hasOwn(COMMANDS, name))
    throw new Stop(
      'usage',
      `there is no command ${inert(name, 60)}${suggestion(name, Object.keys(COMMANDS))} (sallyport help)`,
    );
  return (await (COMMANDS[name] as () => Loaded)()).command;
}

async function help(name: string | undefined): Promise<number> {
  if (name === 'status') print(statusHelp());
  else if (name === undefined || name === 'help') print(overview(await Promise.all(Object.keys(COMMANDS).map(load))));
  else print(await commandHelp(await load(name)));
  return status('ok');
}

async function runCommand(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') return help(rest[0]);
  const command = await load(name === '--version' || name === '-v' ? 'version' : name);
  if (rest[0] === '--help' || rest[0] === '-h') return help(command.name);
  const chosen = chooseAction(command, rest);
  const action = command.actions[chosen.name] as Action;
  const flags = [...action.flags, ...((await action.moreFlags?.()) ?? [])];
  const input = parseArguments({ ...action, title: `${command.name} ${chosen.name}`.trim(), flags }, chosen.rest);
  if (input.has('help')) return help(command.name);
  if (action.outlivesOutput !== true) endWithReader();
  return action.run(input);
}

/** `sallyport runs | head`: when nobody reads any more, go on no further. 141 is what SIGPIPE would have given. */
function endWithReader(): void {
  process.stdout.removeAllListeners('error').on('error', () => process.exit(141));
}

const OF_STATUS: Readonly<Record<number, StatusName>> = {
  401: 'not_permitted',
  403: 'not_permitted',
  404: 'no_input',
  429: 'try_later',
  503: 'try_later',
};
const OF_CODE: Readonly<Record<string, StatusName>> = {
  unreachable: 'unavailable',
  timeout: 'unavailable',
  bad_answer: 'protocol',
  stream_gap: 'protocol',
  already_ended: 'failed',
  disk_full: 'try_later',
};

function statusOfRefusal(error: SallyportError): StatusName {
  return OF_CODE[error.code] ?? OF_STATUS[error.status] ?? (error.status >= 500 ? 'internal' : 'data');
}

function showRefusal(error: SallyportError): string[] {
  const request = error.requestId === undefined ? '' : `, request ${error.requestId}`;
  const later = error.retryAfter === undefined ? '' : `; try again in ${error.retryAfter} s`;
  const hint = error.code === 'unreachable' ? ' Start one with: sallyport serve' : '';
  const fields = error.errors.map((one) => `  ${inert(one.path, 200)}: ${inert(one.message, 300)}`);
  return [`${inert(error.title)}${hint} (${inert(error.code, 60)}${inert(request, 60)})${later}`, ...fields];
}

/** Says what went wrong and answers the status. A stack is shown for a bug of ours only; no line shows a secret. */
async function fail(error: unknown): Promise<number> {
  const { redactText } = await import('@sallyport/redact');
  const say = (lines: readonly string[]): void => {
    for (const [at, line] of lines.entries()) note(at === 0 ? `sallyport: ${line}` : line);
  };
  if (error instanceof Stop) {
    say(inertLines(redactText(error.message)));
    return status(error.status);
  }
  if (error instanceof SallyportError) {
    say(showRefusal(error).map(redactText));
    return status(statusOfRefusal(error));
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say(['something went wrong on our side', ...inertLines(redactText(stack)).map((line) => `  ${line}`)]);
  return status('internal');
}

// A launcher that was killed could not pass the signal on; its end must be ours.
if (process.connected === true) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
// What nobody caught is said in the same way; a server's own watch over the process comes first.
process.on('uncaughtException', (error) => void fail(error).then((code) => process.exit(code)));
process.exitCode = await runCommand(process.argv.slice(2)).catch(fail);
// Whatever still holds the process after its work is done must not hold its caller.
setTimeout(() => process.exit(), STUCK_MS).unref();
