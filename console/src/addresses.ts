// What the address of a screen may hold. What it holds besides is passed over, never trusted.
import type { RunStatus } from '@sallyport/contracts';
import { isStatus } from './components/status-words.ts';

export interface RunsSearch {
  readonly status?: RunStatus;
}

export const RUN_TABS = ['timeline', 'steps', 'artifacts', 'entities'] as const;
export type RunTab = (typeof RUN_TABS)[number];
export const EVENT_FILTERS = ['all', 'model', 'tools', 'failed'] as const;
export type EventFilter = (typeof EVENT_FILTERS)[number];
export interface RunSearch {
  readonly tab?: RunTab;
  readonly event?: number;
  readonly show?: EventFilter;
}

export interface EntitiesSearch {
  readonly type?: string;
}

export function readRuns(search: Record<string, unknown>): RunsSearch {
  const { status } = search;
  return typeof status === 'string' && isStatus(status) ? { status } : {};
}

function oneOf<T extends string>(words: readonly T[], value: unknown): T | undefined {
  return words.find((word) => word === value);
}

export function readRun(search: Record<string, unknown>): RunSearch {
  const tab = oneOf(RUN_TABS, search.tab);
  const show = oneOf(EVENT_FILTERS, search.show);
  const event = Number.isSafeInteger(search.event) && Number(search.event) >= 0 ? Number(search.event) : undefined;
  return {
    ...(tab === undefined || tab === 'timeline' ? {} : { tab }),
    ...(event === undefined ? {} : { event }),
    ...(show === undefined || show === 'all' ? {} : { show }),
  };
}

export function readEntities(search: Record<string, unknown>): EntitiesSearch {
  const { type } = search;
  return typeof type === 'string' && /^[a-z][a-z0-9_.-]{0,99}$/.test(type) ? { type } : {};
}
