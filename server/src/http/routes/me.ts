import type { Me } from '@sallyport/contracts';
import { ok } from '../answer.ts';
import { type Route, route } from '../route.ts';

export const meRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/me',
    access: 'tenant',
    summary: 'Says whom the credential stands for.',
    handle: async ({ principal }) => {
      const { tenantId, userId, keyId, scopes } = principal;
      const me: Me = { tenant_id: tenantId, user_id: userId, api_key_id: keyId ?? null, scopes };
      return ok(me);
    },
  }),
];
