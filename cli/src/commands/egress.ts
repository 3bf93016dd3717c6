import type { EgressDecision, EgressPolicy, ListEgressDecisionsQuery, PutEgressPolicy } from '@sallyport/contracts';
import { CONNECTION_FLAGS, type Command, type Input, JSON_FLAG, KEY_NOTES } from '../command.ts';
import { connect } from '../connection.ts';
import { Stop, status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
import { LIMIT_FLAG, printList, readLimit } from '../listing.ts';
import { columns, print } from '../print.ts';

function show(input: Input, policy: EgressPolicy): number {
  if (input.has('json')) {
    print(inertJson(policy));
    return status('ok');
  }
  const { deployment } = policy;
  const limit = (value: number | null, unit: string): string =>
    value === null ? `no limit of ${unit}` : `${value} ${unit}`;
  const rows = [
    ['profile', policy.profile],
    ['allow', policy.allow.join(' ') || '-'],
    ['deny', policy.deny.join(' ') || '-'],
    ['reader service', policy.reader ? 'may be used' : 'is not used'],
    ...policy.limits.map((one) => [
      `limit of ${one.tool === '*' ? 'all tools' : one.tool}`,
      `${limit(one.calls_per_minute, 'calls a minute')}, ${limit(one.bytes_per_hour, 'bytes an hour')}`,
    ]),
    [
      'deployment',
      `${deployment.profile}; allow ${deployment.allow.join(' ') || '-'}; deny ${deployment.deny.join(' ') || '-'}`,
    ],
  ];
  for (const line of columns(rows.map((row) => row.map((cell) => inert(cell, 2_000))))) print(line);
  return status('ok');
}

async function policy(input: Input): Promise<number> {
  return show(input, await connect(input).client.egress.policy());
}

async function set(input: Input): Promise<number> {
  const profile = input.text('profile');
  const list = (name: string): string[] | undefined => {
    const text = input.text(name);
    const hosts = text?.split(',').map((host) => host.trim());
    return text === 'none' ? [] : hosts?.filter((host) => host !== '');
  };
  const allow = list('allow');
  const deny = list('deny');
  if (profile === undefined && allow === undefined && deny === undefined)
    throw new Stop('usage', 'say at least one of --profile, --allow and --deny');
  const change = {
    ...(profile === undefined ? {} : { profile }),
    ...(allow === undefined ? {} : { allow }),
    ...(deny === undefined ? {} : { deny }),
  };
  return show(input, await connect(input).client.egress.setPolicy(change as PutEgressPolicy));
}

async function check(input: Input): Promise<number> {
  const verdict = await connect(input).client.egress.check(input.words[0] ?? '');
  const passes = verdict.verdict === 'allow';
  if (input.has('json')) print(inertJson(verdict));
  else {
    const place = verdict.host === '' ? 'the text' : `${verdict.host}:${verdict.port}`;
    print(
      inert(
        passes ? `${place} would pass` : `${place} would be refused: ${verdict.rule ?? verdict.code ?? 'unknown'}`,
        1_000,
      ),
    );
  }
  return status(passes ? 'ok' : 'failed');
}

const FILTERS = [
  { name: 'verdict', value: 'WORD', about: 'Only what was let out (allow) or refused (block).' },
  { name: 'host', value: 'HOST', about: 'Only calls of this very host, with or without a port.' },
  { name: 'code', value: 'CODE', about: 'Only those with this code: address, host, port, dns, timeout, busy …' },
  { name: 'tool', value: 'NAME', about: 'Only calls of this tool.' },
  { name: 'run', value: 'ID', about: 'Only those of this run.' },
  { name: 'from', value: 'TIME', about: 'Only since this time, as 2026-01-31T00:00:00Z.' },
  { name: 'to', value: 'TIME', about: 'Only before this time.' },
] as const;

async function decisions(input: Input): Promise<number> {
  const said = FILTERS.flatMap(({ name }) => {
    const text = input.text(name);
    return text === undefined ? [] : [[name === 'run' ? 'run_id' : name, text] as const];
  });
  const query = { limit: Math.min(readLimit(input), 100), ...Object.fromEntries(said) } as ListEgressDecisionsQuery;
  await printList(input, connect(input).client.egress.decisions(query), {
    title: ['TIME', 'VERDICT', 'CODE', 'PLACE', 'STATUS', 'TOOL', 'RUN'],
    row: (one: EgressDecision) => [
      one.decided_at,
      one.verdict,
      one.code ?? '-',
      one.host === '' ? '-' : `${one.host}:${one.port}`,
      one.status === null ? '-' : String(one.status),
      one.tool,
      one.run_id,
    ],
  });
  return status('ok');
}

const LISTS = [
  { name: 'profile', value: 'WORD', about: 'open: everywhere but what is denied; internal: the allow list alone.' },
  {
    name: 'allow',
    value: 'LIST',
    about: 'Hosts such as api.example.com,*.example.com:8443; `none` for an empty list.',
  },
  {
    name: 'deny',
    value: 'LIST',
    about: 'Hosts that agents never call, whatever allows them; `none` for an empty list.',
  },
];

export const command: Command = {
  name: 'egress',
  about: 'Show and change where agents may go; ask whether a URL would pass; list where they went.',
  actions: {
    policy: {
      usage: '',
      about: 'Show the policy of the tenant and what the deployment says.',
      words: { least: 0, most: 0 },
      flags: [JSON_FLAG, ...CONNECTION_FLAGS],
      run: policy,
    },
    set: {
      usage: '',
      about: 'Change what is named; the rest stays.',
      words: { least: 0, most: 0 },
      flags: [...LISTS, JSON_FLAG, ...CONNECTION_FLAGS],
      run: set,
    },
    check: {
      usage: 'URL',
      about: 'Would an agent get there, and why not; ends with 1 when it would not. Nothing is connected to.',
      words: { least: 1, most: 1 },
      flags: [JSON_FLAG, ...CONNECTION_FLAGS],
      run: check,
    },
    decisions: {
      usage: '',
      about: 'List where the calls of tools went and what was refused, across runs, newest first.',
      words: { least: 0, most: 0 },
      flags: [...FILTERS, LIMIT_FLAG, JSON_FLAG, ...CONNECTION_FLAGS],
      run: decisions,
    },
  },
  notes: KEY_NOTES,
};
