import type { EgressPolicy, PutEgressPolicy } from '@sallyport/contracts';
import { CONNECTION_FLAGS, type Command, type Input, JSON_FLAG, KEY_NOTES } from '../command.ts';
import { connect } from '../connection.ts';
import { Stop, status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
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
  about: 'Show and change where agents may go; ask whether a URL would pass.',
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
  },
  notes: KEY_NOTES,
};
