import { ClaimSetup, type Me } from '@sallyport/contracts';
import { claimSetupToken } from '../../identity/identity.ts';
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
      const me: Me = { tenant_id: tenantId, user_id: userId, api_key_id: keyId, scopes };
      return ok(me);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/setup/claim',
    access: 'public',
    summary:
      'Trades the one-time link of the first boot for a key. Every wrong, used or late token is a missing thing.',
    body: ClaimSetup,
    handle: async ({ services, body }) => ok(await claimSetupToken(services.db, services.peppers, body.token)),
  }),
];
