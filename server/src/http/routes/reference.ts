// The API about itself: the document for programs, the page for people. Nothing in them is of a tenant.
import { sendText } from '../message/answer.ts';
import { type Route, route } from '../route.ts';

export const referenceRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/openapi.json',
    access: 'public',
    summary: 'Describes this API as an OpenAPI 3.1 document.',
    answers: [{ status: 200, about: 'The document.', media: ['application/json'] }],
    handle: async ({ services }) => sendText('application/json; charset=utf-8', services.reference.document()),
  }),
  route({
    method: 'GET',
    path: '/docs',
    access: 'public',
    summary: 'Describes this API to people: a page without a script, from this server alone.',
    answers: [{ status: 200, about: 'The page.', media: ['text/html'] }],
    handle: async ({ services }) => {
      const { html, headers } = services.reference.page();
      return sendText('text/html; charset=utf-8', html, headers);
    },
  }),
];
