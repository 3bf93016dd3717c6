// Every screen and its address.
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { readApprovals, readAudit, readEntities, readKeys, readRun, readRuns, readUsage } from './addresses.ts';
import { ProblemNote } from './components/notes.tsx';
import { Frame } from './frame/frame.tsx';
import { NotFound } from './frame/not-found.tsx';

interface Given {
  readonly queries: QueryClient;
  /** Of the sign-in link, once. */
  token: string | undefined;
}

const root = createRootRouteWithContext<Given>()({ notFoundComponent: NotFound });
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('./screens/sign-in/sign-in.tsx'), 'SignIn'),
});
const frame = createRoute({ getParentRoute: () => root, id: 'frame', component: Frame });
const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/runs' });
  },
});
const runs = createRoute({
  getParentRoute: () => frame,
  path: '/runs',
  validateSearch: readRuns,
  component: lazyRouteComponent(() => import('./screens/runs/runs.tsx'), 'Runs'),
});
const run = createRoute({
  getParentRoute: () => frame,
  path: '/runs/$id',
  validateSearch: readRun,
  component: lazyRouteComponent(() => import('./screens/run/run.tsx'), 'RunPage'),
});
const approvals = createRoute({
  getParentRoute: () => frame,
  path: '/approvals',
  validateSearch: readApprovals,
  component: lazyRouteComponent(() => import('./screens/approvals/approvals.tsx'), 'Approvals'),
});
const approval = createRoute({
  getParentRoute: () => frame,
  path: '/approvals/$id',
  component: lazyRouteComponent(() => import('./screens/approvals/approval.tsx'), 'ApprovalPage'),
});
const artifacts = createRoute({
  getParentRoute: () => frame,
  path: '/artifacts',
  component: lazyRouteComponent(() => import('./screens/artifacts/artifacts.tsx'), 'Artifacts'),
});
const artifact = createRoute({
  getParentRoute: () => frame,
  path: '/artifacts/$id',
  component: lazyRouteComponent(() => import('./screens/artifacts/artifact.tsx'), 'ArtifactPage'),
});
const entities = createRoute({
  getParentRoute: () => frame,
  path: '/entities',
  validateSearch: readEntities,
  component: lazyRouteComponent(() => import('./screens/entities/entities.tsx'), 'Entities'),
});
const keys = createRoute({
  getParentRoute: () => frame,
  path: '/keys',
  validateSearch: readKeys,
  component: lazyRouteComponent(() => import('./screens/keys/keys.tsx'), 'Keys'),
});

const members = createRoute({
  getParentRoute: () => frame,
  path: '/members',
  component: lazyRouteComponent(() => import('./screens/members/members.tsx'), 'Members'),
});
const usage = createRoute({
  getParentRoute: () => frame,
  path: '/usage',
  validateSearch: readUsage,
  component: lazyRouteComponent(() => import('./screens/usage/usage.tsx'), 'Usage'),
});
const retention = createRoute({
  getParentRoute: () => frame,
  path: '/retention',
  component: lazyRouteComponent(() => import('./screens/retention/retention.tsx'), 'Retention'),
});
const audit = createRoute({
  getParentRoute: () => frame,
  path: '/audit',
  validateSearch: readAudit,
  component: lazyRouteComponent(() => import('./screens/audit/audit.tsx'), 'Audit'),
});
const posture = createRoute({
  getParentRoute: () => frame,
  path: '/posture',
  component: lazyRouteComponent(() => import('./screens/posture/posture.tsx'), 'PosturePage'),
});

const tree = root.addChildren([
  home,
  signIn,
  frame.addChildren([
    runs,
    run,
    approvals,
    approval,
    artifacts,
    artifact,
    entities,
    keys,
    members,
    usage,
    retention,
    audit,
    posture,
  ]),
]);

export function createConsoleRouter(base: string, queries: QueryClient, token: string | undefined) {
  return createRouter({
    routeTree: tree,
    basepath: base,
    context: { queries, token },
    defaultErrorComponent: ({ error }) => <ProblemNote error={error} />,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
