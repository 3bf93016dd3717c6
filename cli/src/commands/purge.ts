import type { Purge } from '@sallyport/contracts';
import { CONNECTION_FLAGS, type Command, type Input, JSON_FLAG } from '../command.ts';
import { connectAsOperator } from '../connection.ts';
import { Stop, status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
import { note, print } from '../print.ts';
import { type Certificate, certificateOf, sumOfStores } from '../purge-progress.ts';

/** Says each step once, however often it is asked. */
function teller(): (purge: Purge) => void {
  let told = '';
  return ({ step, removed, found }) => {
    const line = `${step}: ${removed} of ${found} gone`;
    if (line !== told) note(inert(line, 200));
    told = line;
  };
}

function show(certificate: Certificate): void {
  const line = (name: string, text: string): void => print(`${name.padEnd(13)}${inert(text, 500)}`);
  line('certificate', certificate.purge_id);
  line('tenant', certificate.tenant_id);
  line('certified', certificate.certified_at);
  line(
    'stores',
    `${certificate.stores.length}, ${sumOfStores(certificate, 'found')} found, ${sumOfStores(certificate, 'remaining')} remaining`,
  );
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
  const certificate = await certificateOf(client, begun, { onStep: teller() });
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
