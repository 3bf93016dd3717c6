// Says where the numbers of a node are read, once its parts stand.
import type { AgentDeps } from '../agent/agent.ts';
import type { Database } from '../db/db.ts';
import type { Log } from '../log.ts';
import { type NodeMetrics, watchLoop } from '../metrics/metrics.ts';
import { readFigures } from '../posture/posture.ts';
import type { Guards } from './guards.ts';

/** Answers how to end it. Without metrics nothing is watched. */
export function attachMetrics(
  metrics: NodeMetrics | undefined,
  parts: {
    readonly api: Database;
    /** Undefined on a node without a worker. */
    readonly agent: AgentDeps | undefined;
    /** Of every guard of the node. */
    readonly egress: Guards['stats'];
    readonly leaseAgeMs: () => number | undefined;
    readonly log: Log;
  },
): () => void {
  if (metrics === undefined) return () => undefined;
  const { api, agent, leaseAgeMs, log } = parts;
  const loop = watchLoop();
  metrics.attach({
    figures: () => readFigures(api, Date.now),
    pools: agent === undefined ? { api: api.use } : { api: api.use, worker: agent.db.use },
    egress: parts.egress,
    parser: agent?.parser.load,
    leaseAgeMs,
    loop,
    lines: () => ({ ...log.counts() }),
  });
  return loop.close;
}
