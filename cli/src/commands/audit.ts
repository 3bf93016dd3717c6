import type { AuditRecord } from '@sallyport/contracts';
import { CONNECTION_FLAGS, type Command, type Input, JSON_FLAG, KEY_NOTES } from '../command.ts';
import { connect } from '../connection.ts';
import { status } from '../exit-status.ts';
import { escapeJson } from '../inert.ts';
import { LIMIT_FLAG, printList, readLimit } from '../listing.ts';
import { printBytes } from '../print.ts';

async function list(input: Input): Promise<number> {
  const { client } = connect(input);
  const action = input.text('action');
  const records = client.audit.list({ limit: Math.min(readLimit(input), 500), action });
  await printList(input, records, {
    title: ['SEQ', 'TIME', 'ACTION', 'OBJECT', 'BY', 'OUTCOME'],
    row: (one: AuditRecord) => [
      String(one.seq),
      one.time,
      one.action,
      one.object === null ? '-' : `${one.object.kind} ${one.object.id}`,
      `${one.actor.kind} ${one.actor.id}`,
      one.outcome,
    ],
  });
  return status('ok');
}

async function exportChain(input: Input): Promise<number> {
  const { client } = connect(input);
  const shown = process.stdout.isTTY === true ? escapeJson : (line: string): string => line;
  for await (const line of client.audit.export()) await printBytes(`${shown(line)}\n`);
  return status('ok');
}

export const command: Command = {
  name: 'audit',
  about: 'List and export the audit log of the tenant.',
  actions: {
    list: {
      usage: '',
      about: 'List security-relevant acts, newest first.',
      words: { least: 0, most: 0 },
      flags: [
        { name: 'action', value: 'ACTION', about: 'Only this action, for example key.revoked.' },
        LIMIT_FLAG,
        JSON_FLAG,
        ...CONNECTION_FLAGS,
      ],
      run: list,
    },
    export: {
      usage: '',
      about: 'Write the whole chain to stdout, for sallyport verify.',
      words: { least: 0, most: 0 },
      flags: CONNECTION_FLAGS,
      run: exportChain,
    },
  },
  notes: KEY_NOTES,
};
