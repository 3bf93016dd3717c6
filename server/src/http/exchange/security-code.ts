// Which security event the end of a request is, and by what kind of credential it came (LG4).
import type { FastifyRequest } from 'fastify';
import type { Fault, FaultCode } from '../../errors.ts';
import type { LogFields } from '../../log.ts';
import type { SecurityCode } from '../../security-events.ts';
import type { Route } from '../route.ts';
import type { Caller } from './credentials.ts';

const OF_FAULT: Readonly<Partial<Record<FaultCode, SecurityCode>>> = {
  unauthenticated: 'authn.failed',
  conflicting_credentials: 'authn.failed',
  forbidden: 'authz.refused',
  rate_limited: 'limit.met',
  misdirected: 'host.refused',
  credential_in_url: 'credential.exposed',
  invalid_signature: 'signature.refused',
  wrong_mode: 'signature.refused',
  invalid_request: 'input.refused',
  invalid_input: 'input.refused',
  unsupported_media_type: 'input.refused',
  too_large: 'input.refused',
};
const OF_ROUTE: Readonly<Record<string, SecurityCode>> = {
  'POST /v1/session': 'authn.signed_in',
  'DELETE /v1/session': 'authn.signed_out',
  'POST /v1/api-keys': 'key.created',
  'POST /v1/users/{id}/sign-in-link': 'key.created',
  'POST /v1/api-keys/{id}/rotate': 'key.rotated',
  'POST /v1/api-keys/{id}/revoke': 'key.revoked',
  'DELETE /v1/api-keys/{id}': 'key.revoked',
  'POST /v1/secrets': 'secret.changed',
  'PUT /v1/secrets/{id}': 'secret.changed',
  'DELETE /v1/secrets/{id}': 'secret.changed',
};
const SIGNED = '/v1/signed/{link}';

interface Ended {
  readonly route?: Route | undefined;
  readonly caller?: Caller | undefined;
  readonly failure?: Fault | undefined;
}

/** Undefined for a request of nobody that went well, and for faults that are no matter of security. */
export function securityOf({ route, caller, failure }: Ended): SecurityCode | undefined {
  if (failure !== undefined) {
    if (route?.path === SIGNED && failure.code === 'not_found') return 'signature.refused';
    return OF_FAULT[failure.code] ?? (caller === undefined ? undefined : 'authn.passed');
  }
  const done = route === undefined ? undefined : OF_ROUTE[`${route.method} ${route.path}`];
  return done ?? (caller === undefined ? undefined : 'authn.passed');
}

/** What came, good or bad; the header is looked at and never written. */
export function callerKind(request: FastifyRequest, { caller }: Ended, cookie: string): LogFields['by'] {
  if (caller !== undefined) return caller.principal.kind;
  const { authorization, cookie: cookies } = request.headers;
  if (authorization === undefined) return cookies?.includes(`${cookie}=`) === true ? 'session' : 'none';
  if (/^Bearer sp_op_/i.test(authorization)) return 'operator';
  return /^Bearer sp_/i.test(authorization) ? 'key' : 'token';
}
