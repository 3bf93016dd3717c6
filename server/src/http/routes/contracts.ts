// The contracts of this release: what its writers write, what older ones wrote, and what a reader may count on.
import { createHash } from 'node:crypto';
import { canonicalize } from '@sallyport/chain';
import {
  CONTRACT_RELEASES,
  CONTROL_MESSAGES,
  CONTROL_VERSION,
  ContractList,
  type ContractSummary,
  ENTITY_TYPES,
  EVENT_VERSIONS,
  type EventType,
  eventSchemas,
  type ReleaseSummary,
  readerOf,
  STEPS,
} from '@sallyport/contracts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { type Route, route } from '../route.ts';

type Named = Pick<ContractSummary, 'kind' | 'name' | 'version' | 'written'>;

function describe(named: Named, writer: object): ContractSummary {
  const plain = JSON.parse(JSON.stringify(writer)) as object;
  const digest = createHash('sha256').update(canonicalize(plain)).digest('hex');
  return { ...named, digest, writer: plain, reader: readerOf(plain) as object };
}

/** The same for everybody and for as long as the program runs. */
function describeAll(): ContractSummary[] {
  const events = Object.entries(eventSchemas()).map(([name, schema]) =>
    describe({ kind: 'event', name, version: EVENT_VERSIONS[name as EventType], written: true }, schema),
  );
  const older = STEPS.map(({ type, from, older: schema }) =>
    describe({ kind: 'event', name: type, version: from, written: false }, schema),
  );
  const entities = ENTITY_TYPES.map(({ name, version, attributes }) =>
    describe({ kind: 'entity', name, version, written: true }, attributes),
  );
  const control = Object.entries(CONTROL_MESSAGES).map(([name, schema]) =>
    describe({ kind: 'control', name, version: CONTROL_VERSION, written: true }, schema),
  );
  return [...events, ...older, ...entities, ...control];
}

function describeReleases(): ReleaseSummary[] {
  return CONTRACT_RELEASES.map(({ date, versions, deprecation }) => ({
    date,
    versions: Object.fromEntries(versions),
    deprecated_at: deprecation?.at ?? null,
    sunset_at: deprecation?.sunset ?? null,
  }));
}

export const contractRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/contracts',
    access: 'public',
    summary:
      'Lists the contracts: of each version the closed schema that is written and the open one to read it by; and the dated releases.',
    answers: [answer(ContractList, 'The contracts, all of them.')],
    handle: async () => ok({ data: describeAll(), next_cursor: null, releases: describeReleases() }),
  }),
];
