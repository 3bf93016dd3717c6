import { Health, Readiness } from '@sallyport/contracts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { type Route, route } from '../route.ts';

export const healthRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/healthz',
    access: 'public',
    summary: 'Says that the process answers; asks nothing else.',
    answers: [answer(Health, 'It answers.')],
    handle: async () => ok({ status: 'ok' }),
  }),
  route({
    method: 'GET',
    path: '/readyz',
    access: 'public',
    summary: 'Says whether the node can serve, with a code for each reason why not.',
    answers: [answer(Readiness, 'It can.'), { ...answer(Readiness, 'It cannot.'), status: 503 }],
    handle: async ({ services }) => {
      // Details name hosts and paths: they are for the log, the codes are for everybody.
      const reasons = await services.readiness();
      for (const { code, detail } of reasons) services.log.warn('not_ready', { code, detail });
      const codes = reasons.map((reason) => reason.code);
      const body: Readiness = { status: codes.length === 0 ? 'ready' : 'not_ready', codes };
      return { status: codes.length === 0 ? 200 : 503, body };
    },
  }),
];
