// Which codes a route can answer with: what follows from its shape, and what it names itself.
import type { FaultCode } from '../../errors.ts';
import type { Route } from '../route.ts';

const ALWAYS: readonly FaultCode[] = [
  'invalid_request',
  'credential_in_url',
  'misdirected',
  'internal',
  'database',
  'unavailable',
  'migrating',
];

export function faultsOf(route: Route): FaultCode[] {
  const known = route.access !== 'public';
  const written = route.method !== 'GET' && route.method !== 'DELETE' && !route.raw;
  const once: FaultCode[] = ['idempotency_in_flight', 'idempotency_reused', 'already_created'];
  const replay: FaultCode[] = ['idempotency_in_flight', 'idempotency_reused'];
  return [
    ...new Set<FaultCode>([
      ...ALWAYS,
      ...(known ? (['unauthenticated', 'conflicting_credentials', 'forbidden'] as const) : []),
      // A call with a credential is counted, and so is one that tries a credential.
      ...(known || route.method !== 'GET' ? (['rate_limited'] as const) : []),
      ...(route.params.length > 0 ? (['not_found'] as const) : []),
      ...(written || route.raw ? (['too_large', 'unsupported_media_type'] as const) : []),
      ...(route.idempotency === undefined ? [] : route.idempotency === 'once' ? once : replay),
      ...(route.bodyIds.length > 0 ? (['unknown_reference'] as const) : []),
      ...route.faults,
    ]),
  ];
}
