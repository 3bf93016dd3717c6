import type { Tenant } from '@sallyport/contracts';
import { CONNECTION_FLAGS, type Command, type Input, JSON_FLAG } from '../command.ts';
import { connectAsOperator } from '../connection.ts';
import { status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
import { LIMIT_FLAG, printList, readLimit } from '../listing.ts';
import { note, print } from '../print.ts';

async function create(input: Input): Promise<number> {
  const { client } = connectAsOperator(input);
  const made = await client.tenants.create({ name: input.words[0] ?? '' });
  if (input.has('json')) print(inertJson({ tenant_id: made.tenant_id, api_key: made.api_key }));
  else {
    note(`tenant ${inert(made.tenant_id, 40)} (${inert(made.name, 100)}); its key, shown this once:`);
    print(inert(made.api_key, 200));
  }
  return status('ok');
}

async function list(input: Input): Promise<number> {
  const { client } = connectAsOperator(input);
  await printList(input, client.tenants.list({ limit: Math.min(readLimit(input), 100) }), {
    title: ['ID', 'STATE', 'CREATED', 'NAME'],
    row: (one: Tenant) => [one.tenant_id, one.state, one.created_at, one.name],
  });
  return status('ok');
}

export const command: Command = {
  name: 'tenants',
  about: 'Create and list tenants, as the operator.',
  actions: {
    create: {
      usage: 'NAME',
      about: 'Create a tenant and print its first key.',
      words: { least: 1, most: 1 },
      flags: [JSON_FLAG, ...CONNECTION_FLAGS],
      run: create,
    },
    list: {
      usage: '',
      about: 'List tenants, newest first.',
      words: { least: 0, most: 0 },
      flags: [LIMIT_FLAG, JSON_FLAG, ...CONNECTION_FLAGS],
      run: list,
    },
  },
  notes: ['The operator key is the file DATA/operator-key; it is read from there and nowhere else.'],
};
