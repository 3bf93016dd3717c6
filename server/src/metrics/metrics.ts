// Owns the numbers of one process: counters, gauges and histograms, and their text in the Prometheus exposition format 0.0.4.
// Promises a bounded number of series, whose labels come from closed lists: routes, statuses, codes.
// Must never take a label that names a tenant, a user, a host or anything a caller wrote.
export { type LoopDelay, watchLoop } from './loop-delay.ts';
export {
  createNodeMetrics,
  type Figures,
  type NodeMetrics,
  type NodeSources,
  type WorkerMetrics,
} from './node-metrics.ts';
export { createRegistry, type Registry } from './registry.ts';
