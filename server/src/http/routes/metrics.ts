// The numbers of this node. For the operator alone: a proxy on the same machine makes everybody look like a neighbour.
import { fault } from '../../errors.ts';
import { sendText } from '../message/answer.ts';
import { type Route, route } from '../route.ts';

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export const metricRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/metrics',
    access: 'operator',
    summary: 'Shows the numbers of this node in the Prometheus format, where SALLYPORT_METRICS is on.',
    answers: [{ status: 200, about: 'The page.', media: ['text/plain'] }],
    faults: ['not_found'],
    handle: async ({ services }) => {
      if (services.metrics === undefined) throw fault('not_found');
      return sendText(METRICS_TYPE, await services.metrics.text());
    },
  }),
];
