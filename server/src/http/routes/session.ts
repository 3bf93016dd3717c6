// Signing in and out. A wrong, used or late link is the same missing thing; a bad key is refused as everywhere.
import { OpenSession, Session } from '@sallyport/contracts';
import { fault } from '../../errors.ts';
import {
  claimSetupToken,
  describeSession,
  endSession,
  openSession,
  type SessionOwner,
  verifySession,
} from '../../identity/identity.ts';
import type { SessionPrincipal, UserPrincipal } from '../../principal.ts';
import { answer, nothing } from '../answer-spec.ts';
import { authenticate } from '../exchange/credentials.ts';
import { sessionCookie } from '../guard/cookies.ts';
import { pageHeaders, refuseOtherPages } from '../guard/own-page.ts';
import { ok } from '../message/answer.ts';
import { type Incoming, type Route, route } from '../route.ts';

async function ownerOf(call: Incoming, token: string | undefined): Promise<SessionOwner> {
  const { services, header, address } = call;
  const authorization = header('authorization');
  if (authorization !== undefined) {
    if (token !== undefined) throw fault('conflicting_credentials');
    const tenant = header('sallyport-tenant');
    const { principal } = await authenticate(services, { authorization, cookie: undefined, tenant, address });
    if (principal.kind !== 'key') throw fault('forbidden', { detail: 'a session is for a user of a tenant' });
    return principal;
  }
  if (token === undefined) throw fault('invalid_request', { fields: [{ path: '/token', message: 'is required' }] });
  try {
    return { kind: 'link', ...(await claimSetupToken(services.db, token)) };
  } catch (error) {
    await services.guard.failed(address, token, 'unknown_link');
    throw error;
  }
}

/** A browser that signs in again leaves its old session behind: it is ended, not kept open unseen. */
async function endPresented(call: Incoming): Promise<void> {
  const { services, header } = call;
  const token = sessionCookie(services.listen.publicUrl).read(header('cookie'));
  if (token === undefined) return;
  const verdict = await verifySession(services.db, token);
  if (!verdict.ok) return;
  const { principal } = verdict;
  await services.db.atomic(principal, (tx) => endSession(tx, principal.sessionId));
}

function demandSession(principal: UserPrincipal): SessionPrincipal {
  if (principal.kind !== 'session') throw fault('not_found');
  return principal;
}

export const sessionRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/session',
    access: 'public',
    summary: 'Opens a session for a browser, by the token of a one-time link or by an API key; answers with a cookie.',
    body: OpenSession,
    answers: [{ ...nothing('The session is open.'), headers: { 'set-cookie': 'The cookie of the session.' } }],
    faults: ['conflicting_credentials', 'unauthenticated', 'forbidden', 'not_found'],
    handle: async (call) => {
      const { services, body } = call;
      const { publicUrl } = services.listen;
      refuseOtherPages(pageHeaders(call.header), publicUrl);
      const owner = await ownerOf(call, body.token);
      const { token } = await openSession(services.db, owner);
      await endPresented(call);
      services.log.info('session.opened', { tenant_id: owner.tenantId, user_id: owner.userId });
      return { status: 204, headers: { 'set-cookie': sessionCookie(publicUrl).set(token) } };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/session',
    access: 'tenant',
    summary: 'Shows the session of the cookie: tenant, user, scopes and when it ends.',
    answers: [answer(Session, 'The session.')],
    faults: ['not_found'],
    handle: async ({ principal, scope }) => ok(await describeSession(scope, demandSession(principal))),
  }),
  route({
    method: 'DELETE',
    path: '/v1/session',
    access: 'tenant',
    summary: 'Ends the session of the cookie.',
    answers: [{ ...nothing('It has ended.'), headers: { 'set-cookie': 'The empty cookie.' } }],
    faults: ['not_found'],
    handle: async ({ principal, services }) => {
      const { sessionId } = demandSession(principal);
      await services.db.atomic(principal, (tx) => endSession(tx, sessionId));
      return { status: 204, headers: { 'set-cookie': sessionCookie(services.listen.publicUrl).clear } };
    },
  }),
];
