import type { Approval, ApprovalState, ApprovalSummary } from '@sallyport/contracts';
import { CONNECTION_FLAGS, type Command, type Input, JSON_FLAG, KEY_NOTES } from '../command.ts';
import { connect } from '../connection.ts';
import { status } from '../exit-status.ts';
import { inert, inertCard, inertJson } from '../inert.ts';
import { LIMIT_FLAG, printList, readLimit } from '../listing.ts';
import { note, print } from '../print.ts';

async function list(input: Input): Promise<number> {
  const { client } = connect(input);
  const state = (input.text('state') ?? 'pending') as ApprovalState;
  const runId = input.text('run');
  const query = { limit: Math.min(readLimit(input), 100), state, ...(runId === undefined ? {} : { run_id: runId }) };
  await printList(input, client.approvals.list(query), {
    title: ['ID', 'STATE', 'TOOL', 'EFFECT', 'BECAUSE', 'SEATS', 'UNTIL', 'RUN'],
    row: (one: ApprovalSummary) => [
      ...[one.id, one.state, one.tool, one.effect, one.rule],
      ...[`${one.approvals}/${one.seats}`, one.expires_at, one.run_id],
    ],
  });
  return status('ok');
}

type Argument = Approval['card']['arguments'][number];

function originOf({ ground, sources }: Argument): string {
  const [first] = sources;
  if (first === undefined) return ground;
  return first.kind === 'prompt'
    ? `${ground}: said in ${first.part}`
    : `${ground}: ${first.tool} ${first.call_id} ${first.path}`;
}

/** The whole card: nobody approves what was folded away. */
function show(approval: Approval): void {
  const { card } = approval;
  const line = (name: string, text: string, most = 300): void => print(`${name.padEnd(13)}${inertCard(text, most)}`);
  line('approval', `${approval.id}: ${approval.state}`);
  line('run', approval.run_id);
  line('tool', card.tool);
  line('effect', card.effect);
  line('irreversible', card.irreversible);
  const { untrusted, private: reads, leaves } = card.rule;
  line('rule of two', `untrusted read: ${untrusted}; private read: ${reads}; leaves: ${leaves}`);
  for (const { code, arg, detail } of card.why)
    line('held because', `${code}${arg === undefined ? '' : ` (${arg})`}: ${detail}`);
  for (const argument of card.arguments) {
    print('');
    line('argument', argument.path);
    line('role', argument.role);
    line('value', argument.shown, 10_000);
    line('whose word', originOf(argument));
    if (argument.flags.length > 0) line('beware', argument.flags.join(', '));
    for (const { kind, count } of argument.findings) line('hidden', `${kind}: ${count}`);
  }
  print('');
  line(
    'seats',
    `${approval.approvals} of ${approval.seats}${approval.barred === null ? '' : `; not you: ${approval.barred}`}`,
  );
  line('until', approval.expires_at);
  line('digest', approval.digest);
}

async function showOne(input: Input): Promise<number> {
  const approval = await connect(input).client.approvals.get(input.words[0] ?? '');
  if (input.has('json')) print(inertJson(approval));
  else show(approval);
  return status('ok');
}

const decide =
  (verdict: 'approve' | 'deny') =>
  async (input: Input): Promise<number> => {
    const { client } = connect(input);
    const [id = ''] = input.words;
    const reason = input.text('reason');
    // A decision is for the card that was looked at: its digest was printed with it.
    const digest = input.text('digest') ?? (await client.approvals.get(id)).digest;
    const decided = await client.approvals.decide(id, { verdict, digest, ...(reason === undefined ? {} : { reason }) });
    if (input.has('json')) print(inertJson(decided));
    else
      note(
        `approval ${inert(decided.id, 40)}: ${inert(decided.state, 20)} (${decided.approvals} of ${decided.seats} seats)`,
      );
    return status('ok');
  };

const REASON_FLAG = { name: 'reason', value: 'TEXT', about: 'Why; needed to approve.' };
const DIGEST_FLAG = {
  name: 'digest',
  value: 'HEX',
  about: 'The digest of the card that was looked at; else that of now.',
};
const DECIDE = {
  words: { least: 1, most: 1 },
  flags: [REASON_FLAG, DIGEST_FLAG, JSON_FLAG, ...CONNECTION_FLAGS],
  usage: 'ID',
};

export const command: Command = {
  name: 'approvals',
  about: 'See, approve and deny held calls.',
  actions: {
    list: {
      usage: '',
      about: 'List held calls, newest first; those that wait unless told.',
      words: { least: 0, most: 0 },
      flags: [
        { name: 'state', value: 'STATE', about: 'pending, approved, denied, expired, used or void.' },
        { name: 'run', value: 'ID', about: 'Only those of this run.' },
        ...[LIMIT_FLAG, JSON_FLAG, ...CONNECTION_FLAGS],
      ],
      run: list,
    },
    show: {
      usage: 'ID',
      about: 'Show the card: everything that would be executed, and whose word each argument is.',
      words: { least: 1, most: 1 },
      flags: [JSON_FLAG, ...CONNECTION_FLAGS],
      run: showOne,
    },
    approve: { ...DECIDE, about: 'Let exactly this call through, once.', run: decide('approve') },
    deny: { ...DECIDE, about: 'Refuse it.', run: decide('deny') },
  },
  notes: KEY_NOTES,
};
