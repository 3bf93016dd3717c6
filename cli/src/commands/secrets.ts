import { text } from 'node:stream/consumers';
import type { Secret } from '@sallyport/contracts';
import { CONNECTION_FLAGS, type Command, type Input, JSON_FLAG, KEY_NOTES } from '../command.ts';
import { connect } from '../connection.ts';
import { Stop, status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
import { readKeyFile } from '../key-file.ts';
import { LIMIT_FLAG, printList, readLimit } from '../listing.ts';
import { note, print } from '../print.ts';

/** From a file that nobody else reads, or from a pipe; never from an argument. */
async function readValue(input: Input): Promise<string> {
  const path = input.text('value-file');
  if (path !== undefined) {
    const value = readKeyFile(path);
    if (value === undefined) throw new Stop('no_input', `${inert(path)} is not there`);
    return value;
  }
  if (process.stdin.isTTY === true)
    throw new Stop('usage', 'the value comes by a pipe or by --value-file FILE: a terminal would show it');
  return (await text(process.stdin)).trim();
}

async function set(input: Input): Promise<number> {
  const name = input.words[0] ?? '';
  const hosts = input.all('host');
  if (hosts.length === 0) throw new Stop('usage', 'say with --host where it may be sent');
  const body = { value: await readValue(input), hosts: [...hosts] };
  const { secrets } = connect(input).client;
  let standing: Secret | undefined;
  for await (const secret of secrets.list({ limit: 100 })) if (secret.name === name) standing = secret;
  const written = await (standing === undefined
    ? secrets.create({ name, ...body })
    : secrets.replace(standing.id, body));
  if (input.has('json')) print(inertJson(written));
  else
    note(
      `secret ${inert(written.name, 100)} is ${standing === undefined ? 'kept' : 'replaced'}, for ${inert(written.hosts.join(' '), 500)}`,
    );
  return status('ok');
}

async function list(input: Input): Promise<number> {
  const { client } = connect(input);
  await printList(input, client.secrets.list({ limit: Math.min(readLimit(input), 100) }), {
    title: ['ID', 'WRITTEN', 'NAME', 'HOSTS'],
    row: (secret: Secret) => [secret.id, secret.updated_at, secret.name, secret.hosts.join(' ')],
  });
  return status('ok');
}

async function remove(input: Input): Promise<number> {
  const id = input.words[0] ?? '';
  await connect(input).client.secrets.delete(id);
  note(`secret ${inert(id, 40)} is deleted`);
  return status('ok');
}

export const command: Command = {
  name: 'secrets',
  about: 'Write, list and delete credentials of tools; never show them.',
  actions: {
    set: {
      usage: 'NAME',
      about: 'Keep or replace a credential, with the hosts that it is for.',
      words: { least: 1, most: 1 },
      flags: [
        {
          name: 'host',
          value: 'HOST',
          many: true,
          about: 'Where it may be sent, such as api.example.com:443; may stand more than once.',
        },
        { name: 'value-file', value: 'FILE', about: 'A file with mode 600 that holds it; a pipe otherwise.' },
        JSON_FLAG,
        ...CONNECTION_FLAGS,
      ],
      run: set,
    },
    list: {
      usage: '',
      about: 'List names and hosts, newest first; never values.',
      words: { least: 0, most: 0 },
      flags: [LIMIT_FLAG, JSON_FLAG, ...CONNECTION_FLAGS],
      run: list,
    },
    delete: {
      usage: 'ID',
      about: 'Delete a credential; tools have it no more.',
      words: { least: 1, most: 1 },
      flags: CONNECTION_FLAGS,
      run: remove,
    },
  },
  notes: KEY_NOTES,
};
