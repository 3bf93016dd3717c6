import type { CreateUser, UpdateUser, User } from '@sallyport/contracts';
import { CONNECTION_FLAGS, type Command, type Input, JSON_FLAG, KEY_NOTES } from '../command.ts';
import { connect } from '../connection.ts';
import { status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
import { LIMIT_FLAG, printList, readLimit } from '../listing.ts';
import { note, print } from '../print.ts';

function tell(input: Input, user: User): number {
  if (input.has('json')) print(inertJson(user));
  else note(`user ${inert(user.id, 40)} (${inert(user.name, 100)}): ${inert(user.role, 20)}, ${inert(user.state, 20)}`);
  return status('ok');
}

async function create(input: Input): Promise<number> {
  // The server knows which roles there are: a newer one may know more than this command.
  const body = { name: input.words[0] ?? '', role: input.text('role') ?? 'developer' };
  return tell(input, await connect(input).client.users.create(body as CreateUser));
}

async function list(input: Input): Promise<number> {
  const { client } = connect(input);
  await printList(input, client.users.list({ limit: Math.min(readLimit(input), 100) }), {
    title: ['ID', 'ROLE', 'STATE', 'CREATED', 'NAME'],
    row: (user: User) => [user.id, user.role, user.state, user.created_at, user.name],
  });
  return status('ok');
}

async function update(input: Input): Promise<number> {
  const name = input.text('name');
  const role = input.text('role');
  const change = { ...(name === undefined ? {} : { name }), ...(role === undefined ? {} : { role }) };
  return tell(input, await connect(input).client.users.update(input.words[0] ?? '', change as UpdateUser));
}

const setState =
  (state: 'active' | 'disabled') =>
  async (input: Input): Promise<number> =>
    tell(input, await connect(input).client.users.update(input.words[0] ?? '', { state }));

async function link(input: Input): Promise<number> {
  const { client, url: base } = connect(input);
  const made = await client.users.createSignInLink(input.words[0] ?? '');
  const url = `${base.replace(/\/$/, '')}/sign-in#${made.token}`;
  if (input.has('json')) print(inertJson({ url, expires_at: made.expires_at }));
  else {
    note(`works once, until ${inert(made.expires_at, 40)}; shown this once:`);
    print(inert(url, 2_000));
  }
  return status('ok');
}

const ROLE_FLAG = { name: 'role', value: 'ROLE', about: 'owner, admin, developer, approver or viewer.' };
const ONE = { words: { least: 1, most: 1 }, flags: [JSON_FLAG, ...CONNECTION_FLAGS] };

export const command: Command = {
  name: 'users',
  about: 'Create, list and change the users of the tenant.',
  actions: {
    create: {
      usage: 'NAME',
      about: 'Create a user; a developer unless told.',
      words: { least: 1, most: 1 },
      flags: [ROLE_FLAG, JSON_FLAG, ...CONNECTION_FLAGS],
      run: create,
    },
    list: {
      usage: '',
      about: 'List users, newest first.',
      words: { least: 0, most: 0 },
      flags: [LIMIT_FLAG, JSON_FLAG, ...CONNECTION_FLAGS],
      run: list,
    },
    update: {
      usage: 'ID',
      about: 'Rename a user or change the role.',
      words: { least: 1, most: 1 },
      flags: [{ name: 'name', value: 'NAME', about: 'The new name.' }, ROLE_FLAG, JSON_FLAG, ...CONNECTION_FLAGS],
      run: update,
    },
    disable: {
      ...ONE,
      usage: 'ID',
      about: 'Stop a user with all keys and sessions, at once.',
      run: setState('disabled'),
    },
    enable: { ...ONE, usage: 'ID', about: 'Let a disabled user in again.', run: setState('active') },
    link: { ...ONE, usage: 'ID', about: 'Make a one-time link by which a user signs in at the console.', run: link },
  },
  notes: KEY_NOTES,
};
