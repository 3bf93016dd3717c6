// What the address of a screen may hold. What it holds besides is passed over, never trusted.
import type { RunStatus } from '@sallyport/contracts';
import { isStatus } from './components/status-words.ts';

export const TIMES = ['hour', 'day', 'week', 'month'] as const;
export type TimeWord = (typeof TIMES)[number];

export interface RunsSearch {
  readonly status?: RunStatus;
  /** Name of a skill. */
  readonly skill?: string;
  readonly time?: TimeWord;
  /** Id of a user. */
  readonly user?: string;
  readonly text?: string;
  readonly open?: 'start';
}

export const APPROVAL_STATES = ['pending', 'approved', 'used', 'denied', 'expired', 'void'] as const;
export interface ApprovalsSearch {
  readonly state?: (typeof APPROVAL_STATES)[number];
}

export interface KeysSearch {
  readonly open?: 'create';
}

export interface AuditSearch {
  readonly action?: string;
  readonly object?: string;
}

export const USAGE_GROUPS = ['day', 'skill', 'model', 'user'] as const;
export type UsageGroupWord = (typeof USAGE_GROUPS)[number];
export const USAGE_DAYS = [7, 30, 90] as const;
export interface UsageSearch {
  readonly by?: UsageGroupWord;
  readonly days?: (typeof USAGE_DAYS)[number];
}

export const RUN_TABS = ['timeline', 'steps', 'messages', 'artifacts', 'entities', 'effects', 'usage'] as const;
export type RunTab = (typeof RUN_TABS)[number];
export const EVENT_FILTERS = ['all', 'model', 'tools', 'failed', 'held', 'tainted'] as const;
export type EventFilter = (typeof EVENT_FILTERS)[number];
export interface RunSearch {
  readonly tab?: RunTab;
  readonly event?: number;
  readonly show?: EventFilter;
}

export interface EntitiesSearch {
  readonly type?: string;
}

function oneOf<const T extends string>(words: readonly T[], value: unknown): T | undefined {
  return words.find((word) => word === value);
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MOST_TEXT = 100;

function textOf(value: unknown, form: RegExp): string | undefined {
  // Digits alone are a number by the time they come here.
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text.length <= MOST_TEXT && form.test(text) ? text : undefined;
}

/** Only what has a value: an address holds nothing empty. */
function present<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

export function readRuns(search: Record<string, unknown>): RunsSearch {
  const { status } = search;
  return present<RunsSearch>({
    status: typeof status === 'string' && isStatus(status) ? status : undefined,
    skill: textOf(search.skill, /^[a-z0-9]+(?:-[a-z0-9]+)*$/),
    time: oneOf(TIMES, search.time),
    user: textOf(search.user, UUID),
    text: textOf(search.text, /\S/),
    open: oneOf(['start'], search.open),
  });
}

export function readApprovals(search: Record<string, unknown>): ApprovalsSearch {
  return present<ApprovalsSearch>({ state: oneOf(APPROVAL_STATES, search.state) });
}

export function readKeys(search: Record<string, unknown>): KeysSearch {
  return present<KeysSearch>({ open: oneOf(['create'], search.open) });
}

export function readAudit(search: Record<string, unknown>): AuditSearch {
  return present<AuditSearch>({
    action: textOf(search.action, /^[a-z]+(?:\.[a-z_]+)+$/),
    object: textOf(search.object, /^\S+$/),
  });
}

export function readUsage(search: Record<string, unknown>): UsageSearch {
  return present<UsageSearch>({
    by: oneOf(USAGE_GROUPS, search.by),
    days: USAGE_DAYS.find((days) => days === search.days),
  });
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
