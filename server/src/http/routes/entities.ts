import { CreateEntityType, Entity, EntityTypeSummary, ListEntitiesQuery, pageOf } from '@sallyport/contracts';
import { defineEntityType, getEntity, listEntities, listEntityTypes } from '../../entities/entities.ts';
import { asId, type EntityId, type RunId } from '../../ids.ts';
import { answer, made } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { page, whole } from '../message/cursor.ts';
import { type Route, route } from '../route.ts';

export const entityRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/entities',
    access: 'entities:read',
    summary: 'Lists entities, newest first; of one type or one run when told.',
    query: ListEntitiesQuery,
    answers: [answer(pageOf(Entity), 'A page of entities.')],
    handle: async ({ scope, query }) => {
      const runId = query.run_id === undefined ? undefined : asId<RunId>(query.run_id);
      const read = (before: EntityId | undefined, limit: number) =>
        listEntities(scope, { type: query.type, runId, before, limit });
      return ok(await page(query, read, (entity) => entity.id));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/entities/{id}',
    access: 'entities:read',
    summary: 'Shows one entity.',
    answers: [answer(Entity, 'The entity.')],
    handle: async ({ scope, params }) => ok(await getEntity(scope, asId(params.id))),
  }),
  route({
    method: 'GET',
    path: '/v1/entity-types',
    access: 'tenant',
    summary: 'Lists the entity types of this release and those of the tenant, with the schema of their attributes.',
    answers: [answer(pageOf(EntityTypeSummary), 'The types, all of them.')],
    handle: async ({ scope }) => ok(whole(await listEntityTypes(scope))),
  }),
  route({
    method: 'POST',
    path: '/v1/entity-types',
    access: 'entities:write',
    summary:
      'Defines a type of entities: a new one, the next version, or a change of a version that breaks no reader of it. What breaks readers is refused with an example.',
    body: CreateEntityType,
    sample: {
      name: 'invoice',
      version: 1,
      attributes: {
        type: 'object',
        properties: { number: { type: 'string' } },
        required: ['number'],
        additionalProperties: false,
      },
      identity: ['number'],
      title: 'number',
    },
    answers: [made(EntityTypeSummary, 'The type as it stands now.')],
    faults: ['conflict', 'invalid_input'],
    // The same definition again is no other revision, so no key is needed to ask twice.
    handle: async ({ services, principal, body }) => ({
      status: 201,
      body: await services.db.atomic(principal, (tx) => defineEntityType(tx, principal, body)),
    }),
  }),
];
