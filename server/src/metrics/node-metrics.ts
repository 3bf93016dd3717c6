// Which numbers a node shows. What is of the whole deployment is read from the database when somebody asks.
import type { LoopDelay } from './loop-delay.ts';
import { createRegistry, type Sample } from './registry.ts';

export interface Figures {
  readonly queued: number;
  readonly running: number;
  /** Age of the run that has waited longest. */
  readonly oldestQueuedSeconds: number;
  readonly workers: number;
  readonly unsealed: number;
  /** How long the oldest audit record has waited for its place in the chain. */
  readonly sealingLagSeconds: number;
}

export interface NodeSources {
  /** Undefined on a node without the API. */
  readonly figures: (() => Promise<Figures>) | undefined;
  readonly pools: Readonly<
    Record<string, () => { readonly total: number; readonly idle: number; readonly waiting: number }>
  >;
  /** Of each guard: hops by verdict, refusals and failures by code, bytes on the wire. */
  readonly egress: () => Readonly<
    Record<
      string,
      {
        readonly verdicts: Readonly<Record<string, number>>;
        readonly codes: Readonly<Partial<Record<string, number>>>;
        readonly encodedBytes: number;
      }
    >
  >;
  readonly parser: (() => { readonly running: number; readonly waiting: number }) | undefined;
  /** Milliseconds since the lease was last acknowledged; undefined without a lease. */
  readonly leaseAgeMs: () => number | undefined;
  readonly loop: LoopDelay;
  /** What became of the log lines. */
  readonly lines: () => Readonly<Record<string, number>>;
}

export interface WorkerMetrics {
  /** One claim: how long the statement took, and how many runs it brought. */
  claimed(seconds: number, runs: number): void;
  /** A run left this worker, in this way. */
  left(end: string): void;
}

export interface NodeMetrics extends WorkerMetrics {
  request(method: string, route: string, status: number, seconds: number): void;
  /** Once, when what is read exists. */
  attach(sources: NodeSources): void;
  text(): Promise<string>;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Routes answer with these; anything else is a proxy's or a framework's. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']);

export function createNodeMetrics(): NodeMetrics {
  const registry = createRegistry();
  const requests = registry.counter('sallyport_http_requests_total', 'Answers, by pattern of the route.');
  const durations = registry.histogram(
    'sallyport_http_request_seconds',
    'From the head of a request to the end of its answer.',
    SECONDS,
  );
  const claims = registry.histogram('sallyport_claim_seconds', 'How long one claim of runs took.', SECONDS);
  const claimed = registry.counter('sallyport_runs_claimed_total', 'Runs that this worker took.');
  const left = registry.counter('sallyport_runs_left_total', 'Runs that left this worker, by how they did.');
  return {
    request: (method, route, status, seconds) => {
      const labels = { method: METHODS.has(method) ? method : 'other', route };
      requests.add({ ...labels, status: String(status) });
      durations.observe(labels, seconds);
    },
    claimed: (seconds, runs) => {
      claims.observe({}, seconds);
      if (runs > 0) claimed.add({}, runs);
    },
    left: (end) => left.add({ end }),
    attach: (sources) => attach(registry, sources),
    text: () => registry.text(),
  };
}

function attach(registry: ReturnType<typeof createRegistry>, sources: NodeSources): void {
  const { figures, parser } = sources;
  registry.read('sallyport_pool_connections', 'gauge', 'Connections of a pool, and those who wait for one.', () =>
    Object.entries(sources.pools).flatMap(([pool, read]) => {
      const { total, idle, waiting } = read();
      return samples('state', { used: total - idle, idle, waiting }, { pool });
    }),
  );
  registry.read('sallyport_egress_verdicts_total', 'counter', 'Refused or failed outgoing calls, by code.', () =>
    Object.entries(sources.egress()).flatMap(([guard, { codes }]) => samples('code', codes, { guard })),
  );
  registry.read('sallyport_egress_hops_total', 'counter', 'Outgoing calls hop by hop, by verdict.', () =>
    Object.entries(sources.egress()).flatMap(([guard, { verdicts }]) => samples('verdict', verdicts, { guard })),
  );
  registry.read('sallyport_egress_bytes_total', 'counter', 'Bytes of bodies that came and went, on the wire.', () =>
    Object.entries(sources.egress()).map(([guard, { encodedBytes }]) => ({ labels: { guard }, value: encodedBytes })),
  );
  if (parser !== undefined)
    registry.read('sallyport_parse_documents', 'gauge', 'Documents at work and waiting.', () => {
      const { running, waiting } = parser();
      return samples('state', { running, waiting });
    });
  registry.read(
    'sallyport_lease_age_seconds',
    'gauge',
    'Since the lease of this worker was last acknowledged; it is lost at 15.',
    () => {
      const age = sources.leaseAgeMs();
      return age === undefined ? [] : [{ value: age / 1_000 }];
    },
  );
  registry.read(
    'sallyport_log_lines_total',
    'counter',
    'Lines by what became of them; failed ones were replaced by a constant record.',
    () => samples('outcome', sources.lines()),
  );
  registry.read(
    'sallyport_event_loop_delay_seconds',
    'gauge',
    'How late the event loop was since the last reading.',
    () => samples('of', sources.loop.read()),
  );
  registry.read('process_resident_memory_bytes', 'gauge', 'Memory of this process.', () => [
    { value: process.memoryUsage.rss() },
  ]);
  // Last: its own question would be seen waiting for a connection.
  if (figures !== undefined) attachFigures(registry, figures);
}

function attachFigures(registry: ReturnType<typeof createRegistry>, figures: () => Promise<Figures>): void {
  // One question to the database for a page, whatever the number of lines.
  let asked: Promise<Figures> | undefined;
  const once = (): Promise<Figures> => {
    asked ??= figures().finally(() => {
      asked = undefined;
    });
    return asked;
  };
  registry.read('sallyport_runs', 'gauge', 'Runs of the deployment that are not at rest, by status.', async () => {
    const { queued, running } = await once();
    return samples('status', { queued, running });
  });
  const one = (name: string, about: string, pick: (figures: Figures) => number): void =>
    registry.read(name, 'gauge', about, async () => [{ value: pick(await once()) }]);
  one(
    'sallyport_oldest_queued_seconds',
    'Age of the run that has been queued longest.',
    (all) => all.oldestQueuedSeconds,
  );
  one('sallyport_workers', 'Workers with a lease and a living session.', (all) => all.workers);
  one('sallyport_audit_unsealed', 'Audit records that wait for their place in the chain.', (all) => all.unsealed);
  one(
    'sallyport_audit_sealing_lag_seconds',
    'How long the oldest of them has waited; alarm at 10.',
    (all) => all.sealingLagSeconds,
  );
}

function samples(
  name: string,
  values: Readonly<Partial<Record<string, number>>>,
  labels: Readonly<Record<string, string>> = {},
): Sample[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ labels: { ...labels, [name]: key }, value }],
  );
}
