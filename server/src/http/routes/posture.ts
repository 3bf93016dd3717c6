// Where the deployment stands, for whoever has to trust it: the operator, and every tenant.
import { Posture } from '@sallyport/contracts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { type Route, route } from '../route.ts';

export const postureRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/posture',
    access: 'known',
    summary:
      'Says for each promise which rung the deployment stands on, by which facts, and what reaches the next one.',
    answers: [answer(Posture, 'The posture.')],
    handle: async ({ services }) => ok(await services.posture()),
  }),
];
