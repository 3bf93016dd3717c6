import { Me } from '@sallyport/contracts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { type Route, route } from '../route.ts';

export const meRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/me',
    access: 'tenant',
    summary: 'Says whom the credential stands for.',
    answers: [answer(Me, 'Tenant, user, key and scopes.')],
    handle: async ({ principal }) => {
      const { tenantId, userId, keyId, role, scopes } = principal;
      const me: Me = { tenant_id: tenantId, user_id: userId, api_key_id: keyId ?? null, role, scopes };
      return ok(me);
    },
  }),
];
