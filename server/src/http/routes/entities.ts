import { ENTITY_TYPES, Entity, EntityTypeSummary, ListEntitiesQuery, pageOf } from '@sallyport/contracts';
import { getEntity, listEntities } from '../../entities/entities.ts';
import { asId, type EntityId, type RunId } from '../../ids.ts';
import { ok } from '../answer.ts';
import { answer } from '../answer-spec.ts';
import { page, whole } from '../cursor.ts';
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
    summary: 'Lists the entity types of this release with the schema of their attributes.',
    answers: [answer(pageOf(EntityTypeSummary), 'The types, all of them.')],
    handle: async () => {
      const types = ENTITY_TYPES.map(
        ({ name, version, attributes, identity, title }): EntityTypeSummary => ({
          name,
          version,
          attributes,
          identity,
          title,
        }),
      );
      return ok(whole(types));
    },
  }),
];
