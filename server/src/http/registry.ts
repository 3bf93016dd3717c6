// Every route of the API. What is not here cannot be reached: the app refuses to register anything else.
import type { Method, Route } from './route.ts';
import { actionRoutes } from './routes/actions.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { artifactRoutes } from './routes/artifacts.ts';
import { auditRoutes } from './routes/audit.ts';
import { billingRoutes } from './routes/billing.ts';
import { consoleRoutes } from './routes/console.ts';
import { contractRoutes } from './routes/contracts.ts';
import { effectRoutes } from './routes/effects.ts';
import { egressRoutes } from './routes/egress.ts';
import { entityRoutes } from './routes/entities.ts';
import { healthRoutes } from './routes/health.ts';
import { linkRoutes } from './routes/links.ts';
import { meRoutes } from './routes/me.ts';
import { metricRoutes } from './routes/metrics.ts';
import { modelRoutes } from './routes/models.ts';
import { postureRoutes } from './routes/posture.ts';
import { purgeRoutes } from './routes/purges.ts';
import { referenceRoutes } from './routes/reference.ts';
import { retentionRoutes } from './routes/retention.ts';
import { runEventRoutes } from './routes/run-events.ts';
import { runLogRoutes } from './routes/run-log.ts';
import { runRoutes } from './routes/runs.ts';
import { secretRoutes } from './routes/secrets.ts';
import { sessionRoutes } from './routes/session.ts';
import { skillRoutes } from './routes/skills.ts';
import { streamRoutes } from './routes/stream.ts';
import { tenantRoutes } from './routes/tenants.ts';
import { tokenDenialRoutes } from './routes/token-denials.ts';
import { usageRoutes } from './routes/usage.ts';
import { userRoutes } from './routes/users.ts';

export const ROUTES: readonly Route[] = [
  ...healthRoutes,
  ...referenceRoutes,
  ...meRoutes,
  ...sessionRoutes,
  ...tenantRoutes,
  ...purgeRoutes,
  ...apiKeyRoutes,
  ...userRoutes,
  ...tokenDenialRoutes,
  ...runRoutes,
  ...runEventRoutes,
  ...runLogRoutes,
  ...effectRoutes,
  ...streamRoutes,
  ...actionRoutes,
  ...approvalRoutes,
  ...artifactRoutes,
  ...linkRoutes,
  ...entityRoutes,
  ...contractRoutes,
  ...skillRoutes,
  ...modelRoutes,
  ...auditRoutes,
  ...retentionRoutes,
  ...egressRoutes,
  ...secretRoutes,
  ...consoleRoutes,
  ...usageRoutes,
  ...metricRoutes,
  ...postureRoutes,
  ...billingRoutes,
];

/** All that a node without the API serves. */
export const HEALTH_ROUTES: readonly Route[] = [...healthRoutes, ...metricRoutes];

/** Methods that are served under this path, for `Allow`. */
export function methodsAt(routes: readonly Route[], path: string): Method[] {
  const asked = path.split('/');
  return routes
    .filter((route) => {
      const parts = route.path.split('/');
      return parts.length === asked.length && parts.every((part, at) => part.startsWith('{') || part === asked[at]);
    })
    .map((route) => route.method);
}
