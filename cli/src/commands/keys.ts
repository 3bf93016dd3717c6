import type { ApiKey, CreateApiKey } from '@sallyport/contracts';
import { CONNECTION_FLAGS, type Command, type Input, JSON_FLAG, KEY_NOTES } from '../command.ts';
import { connect } from '../connection.ts';
import { Stop, status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
import { LIMIT_FLAG, printList, readLimit } from '../listing.ts';
import { note, print } from '../print.ts';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

async function create(input: Input): Promise<number> {
  const scopes = input
    .text('scopes')
    ?.split(',')
    .map((scope) => scope.trim())
    .filter((scope) => scope !== '');
  const expires = readDuration(input.text('expires-in'));
  // The server knows which scopes there are: a newer one may know more than this command.
  const body = {
    name: input.words[0] ?? '',
    ...(scopes === undefined ? {} : { scopes }),
    ...(expires === undefined ? {} : { expires_in: expires }),
  };
  const made = await connect(input).client.keys.create(body as CreateApiKey);
  if (input.has('json')) print(inertJson(made));
  else {
    note(`key ${inert(made.id, 40)} (${inert(made.name, 100)}) until ${inert(made.expires_at, 40)}; shown this once:`);
    print(inert(made.api_key, 200));
  }
  return status('ok');
}

/** Seconds from `90d`, `12h`, `30m`, `60s` or a bare number of seconds. */
export function readDuration(text: string | undefined, flag = 'expires-in'): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,9})([smhd]?)$/.exec(text);
  if (match === null) throw new Stop('usage', `--${flag} ${inert(text, 40)}: expected a time such as 90d, 12h or 3600`);
  return Number(match[1]) * SECONDS[(match[2] || 's') as keyof typeof SECONDS];
}

async function list(input: Input): Promise<number> {
  const { client } = connect(input);
  await printList(input, client.keys.list({ limit: Math.min(readLimit(input), 100) }), {
    title: ['ID', 'STATUS', 'ENDS WITH', 'EXPIRES', 'LAST USED', 'NAME'],
    row: (key: ApiKey) => [key.id, key.status, key.last4, key.expires_at, key.last_used_at ?? '-', key.name],
  });
  return status('ok');
}

async function rotate(input: Input): Promise<number> {
  const overlap = readDuration(input.text('overlap'), 'overlap');
  const body = overlap === undefined ? {} : { overlap_seconds: overlap };
  const made = await connect(input).client.keys.rotate(input.words[0] ?? '', body);
  if (input.has('json')) print(inertJson(made));
  else {
    note(`key ${inert(made.id, 40)} (${inert(made.name, 100)}) until ${inert(made.expires_at, 40)}; shown this once:`);
    print(inert(made.api_key, 200));
  }
  return status('ok');
}

async function revoke(input: Input): Promise<number> {
  const id = input.words[0] ?? '';
  await connect(input).client.keys.revoke(id);
  note(`key ${inert(id, 40)} is revoked`);
  return status('ok');
}

export const command: Command = {
  name: 'keys',
  about: 'Create, list, rotate and revoke API keys.',
  actions: {
    create: {
      usage: 'NAME',
      about: 'Create a key and print it, this once.',
      words: { least: 1, most: 1 },
      flags: [
        {
          name: 'scopes',
          value: 'LIST',
          about: 'What it may do, such as runs:read,runs:write; all that you may unless told.',
        },
        {
          name: 'expires-in',
          value: 'TIME',
          about: 'Such as 90d, 12h or seconds; 90 days unless told, a year at most.',
        },
        JSON_FLAG,
        ...CONNECTION_FLAGS,
      ],
      run: create,
    },
    list: {
      usage: '',
      about: 'List keys, newest first; never the keys themselves.',
      words: { least: 0, most: 0 },
      flags: [LIMIT_FLAG, JSON_FLAG, ...CONNECTION_FLAGS],
      run: list,
    },
    rotate: {
      usage: 'ID',
      about: 'Make the successor of an own key and print it, this once.',
      words: { least: 1, most: 1 },
      flags: [
        {
          name: 'overlap',
          value: 'TIME',
          about: 'How long the old key goes on, such as 1h or 7d; it stops at once unless told, 30 days at most.',
        },
        JSON_FLAG,
        ...CONNECTION_FLAGS,
      ],
      run: rotate,
    },
    revoke: {
      usage: 'ID',
      about: 'Revoke a key.',
      words: { least: 1, most: 1 },
      flags: CONNECTION_FLAGS,
      run: revoke,
    },
  },
  notes: KEY_NOTES,
};
