import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@sallyport/client';
import type { Purge } from '@sallyport/contracts';
import { CONNECTION_FLAGS, type Command, type Input, JSON_FLAG } from '../command.ts';
import { connectAsOperator } from '../connection.ts';
import { Stop, status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
import { note, print } from '../print.ts';

const LOOK_MS = 500;
type Certificate = NonNullable<Purge['certificate']>;

/** Follows a purge to its certificate; what it does goes on without us. */
async function followed(client: Client, begun: Purge): Promise<Certificate> {
  let told = '';
  for (let purge = begun; ; purge = await client.tenants.purge(begun.id)) {
    if (purge.certificate !== null) return purge.certificate;
    const line = `${purge.step}: ${purge.removed} of ${purge.found} gone`;
    if (line !== told) note(inert(line, 200));
    told = line;
    await delay(LOOK_MS);
  }
}

function show(certificate: Certificate): void {
  const sum = (of: 'found' | 'remaining'): number => certificate.stores.reduce((all, store) => all + store[of], 0);
  const line = (name: string, text: string): void => print(`${name.padEnd(13)}${inert(text, 500)}`);
  line('certificate', certificate.purge_id);
  line('tenant', certificate.tenant_id);
  line('certified', certificate.certified_at);
  line('stores', `${certificate.stores.length}, ${sum('found')} found, ${sum('remaining')} remaining`);
  line('keys', `destroyed: ${certificate.keys_destroyed.join(', ') || 'there were none'}`);
  for (const one of certificate.not_covered) line('not covered', one);
  line('signature', `${certificate.signature.algorithm} ${certificate.signature.value}`);
}

async function run(input: Input): Promise<number> {
  const confirm = input.text('confirm');
  if (confirm === undefined)
    throw new Stop('usage', 'name the tenant once more: --confirm NAME; what is purged cannot be had again');
  const { client } = connectAsOperator(input);
  const [tenant = ''] = input.words;
  const begun = await client.tenants.remove(tenant, confirm);
  note(`purge ${inert(begun.id, 40)} has begun: the tenant is closed`);
  if (input.has('detach')) {
    if (input.has('json')) print(inertJson(begun));
    return status('ok');
  }
  const certificate = await followed(client, begun);
  if (input.has('json')) print(inertJson(certificate));
  else show(certificate);
  return status('ok');
}

export const command: Command = {
  name: 'purge',
  about: 'Delete a tenant and everything of it, and print the certificate, as the operator.',
  actions: {
    '': {
      usage: 'TENANT --confirm NAME',
      about:
        'Close a tenant, delete its rows, bytes and keys, look again that nothing is left, and print the certificate.',
      words: { least: 1, most: 1 },
      flags: [
        { name: 'confirm', value: 'NAME', about: 'The name of the tenant, as a second look. It cannot be undone.' },
        { name: 'detach', about: 'Print nothing more and leave when the tenant is closed; the server goes on.' },
        JSON_FLAG,
        ...CONNECTION_FLAGS,
      ],
      run,
    },
  },
  notes: [
    'Ctrl-C leaves the purge to itself: a purge that has begun is finished by whichever node lives.',
    'The operator key is the file DATA/operator-key; it is read from there and nowhere else.',
  ],
};
