// What stands behind the routes of a node that serves, made of what the composition root handed over.
import { systemClock } from '../clock.ts';
import { createKeyMemory } from '../identity/identity.ts';
import { createRates } from '../limits/limits.ts';
import type { ApiReference } from './api-reference.ts';
import type { HttpDeps } from './deps.ts';
import { createKeyUse } from './guard/key-use.ts';
import { createRateGuard } from './guard/rate-guard.ts';
import { createEventStreams } from './message/event-streams.ts';
import type { Services } from './route.ts';

export function openServices(deps: HttpDeps, reference: ApiReference): Services {
  const { db, log } = deps;
  const memory = createKeyMemory(deps.peppers, systemClock.monotonic);
  const rates = createRates({ db, clock: systemClock, onFault: (error) => log.error('rates.store', {}, error) });
  const guard = createRateGuard(rates, deps.rates, memory);
  return { ...deps, streams: createEventStreams(), keyUse: createKeyUse(db, log), reference, memory, guard };
}
