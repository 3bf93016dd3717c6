// What a run left behind: its artifacts and entities. Each looks for the run first, so that a foreign id is a missing thing and never an
// empty list.
import { Artifact, Entity, PageQuery, pageOf } from '@sallyport/contracts';
import { listArtifacts } from '../../artifacts/artifacts.ts';
import { listEntities } from '../../entities/entities.ts';
import { type ArtifactId, asId, type EntityId } from '../../ids.ts';
import { getRunRecord } from '../../runs/runs.ts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { page } from '../message/cursor.ts';
import { type Route, route } from '../route.ts';

export const runLogRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/runs/{id}/artifacts',
    access: 'artifacts:read',
    summary: 'Lists the artifacts that a run made, newest first.',
    query: PageQuery,
    answers: [answer(pageOf(Artifact), 'A page of artifacts.')],
    handle: async ({ scope, params, query }) => {
      const { id: runId } = await getRunRecord(scope, asId(params.id));
      const read = (before: ArtifactId | undefined, limit: number) => listArtifacts(scope, { runId, before, limit });
      return ok(await page(query, read, (artifact) => artifact.id));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/runs/{id}/entities',
    access: 'entities:read',
    summary: 'Lists the entities that a run found, newest first.',
    query: PageQuery,
    answers: [answer(pageOf(Entity), 'A page of entities.')],
    handle: async ({ scope, params, query }) => {
      const { id: runId } = await getRunRecord(scope, asId(params.id));
      const read = (before: EntityId | undefined, limit: number) => listEntities(scope, { runId, before, limit });
      return ok(await page(query, read, (entity) => entity.id));
    },
  }),
];
