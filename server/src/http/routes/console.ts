// The console's addresses. Screens are named one by one: a path that is neither a screen nor a call stays a missing thing.
import { NoQuery } from '@sallyport/contracts';
import { assetAnswer, pageAnswer } from '../console/console.ts';
import { basePath } from '../exchange/base-path.ts';
import type { Answer } from '../message/answer.ts';
import type { RawCall, Route } from '../route.ts';

/** Each with up to two segments below it, which the page itself understands. */
const SCREENS = [
  'runs',
  'approvals',
  'artifacts',
  'entities',
  'skills',
  'keys',
  'members',
  'usage',
  'retention',
  'audit',
  'posture',
];

function page(path: string, summary: string, answer: (call: RawCall) => Answer): Route {
  return {
    kind: 'page',
    method: 'GET',
    path,
    access: 'public',
    summary,
    // Not ids: nothing is looked up by them.
    params: [],
    body: undefined,
    // The state of a screen is in its address; the page reads it, not we.
    query: NoQuery,
    raw: false,
    bodyIds: [],
    idempotency: undefined,
    answers: [],
    faults: [],
    headers: {},
    sample: undefined,
    run: async (call) => answer(call),
  };
}

const show = ({ services }: RawCall): Answer => pageAnswer(services.console, basePath(services.listen.publicUrl));

export const consoleRoutes: readonly Route[] = [
  page('/', 'The console.', show),
  page('/sign-in', 'The console: signing in; the token of a one-time link is in the fragment.', show),
  ...SCREENS.flatMap((screen) =>
    ['', '/{first}', '/{first}/{second}'].map((below) => page(`/${screen}${below}`, `The console: ${screen}.`, show)),
  ),
  page('/assets/{name}', 'A file of the console, named by its content.', ({ services, params, header }) =>
    assetAnswer(services.console, {
      name: params.name ?? '',
      acceptEncoding: header('accept-encoding'),
      ifNoneMatch: header('if-none-match'),
    }),
  ),
];
