import { ModelSummary, pageOf } from '@sallyport/contracts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { whole } from '../message/cursor.ts';
import { type Route, route } from '../route.ts';

export const modelRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/models',
    access: 'tenant',
    summary: 'Lists the models that a run may name, which one it gets unless told, and which are no language models.',
    answers: [answer(pageOf(ModelSummary), 'The models, all of them.')],
    handle: async ({ services: { models } }) =>
      ok(
        whole(
          models.names.map((name) => ({
            name,
            is_default: name === models.fallback,
            rule_based: models.ruleBased.includes(name),
          })),
        ),
      ),
  }),
];
