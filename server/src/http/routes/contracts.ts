// The contracts of this release: what its writers write, and what a reader may count on.
import { createHash } from 'node:crypto';
import { canonicalize } from '@sallyport/chain';
import { ContractSummary, ENTITY_TYPES, EVENT_VERSION, eventSchemas, pageOf, readerOf } from '@sallyport/contracts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { whole } from '../message/cursor.ts';
import { type Route, route } from '../route.ts';

function describe(kind: ContractSummary['kind'], name: string, version: number, writer: object): ContractSummary {
  const plain = JSON.parse(JSON.stringify(writer)) as object;
  const digest = createHash('sha256').update(canonicalize(plain)).digest('hex');
  return { kind, name, version, digest, writer: plain, reader: readerOf(plain) as object };
}

/** The same for everybody and for as long as the program runs. */
function describeAll(): ContractSummary[] {
  const events = Object.entries(eventSchemas()).map(([type, schema]) => describe('event', type, EVENT_VERSION, schema));
  const entities = ENTITY_TYPES.map(({ name, version, attributes }) => describe('entity', name, version, attributes));
  return [...events, ...entities];
}

export const contractRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/contracts',
    access: 'public',
    summary:
      'Lists the contracts of this release: of each the closed schema that is written and the open one to read it by.',
    answers: [answer(pageOf(ContractSummary), 'The contracts, all of them.')],
    handle: async () => ok(whole(describeAll())),
  }),
];
