// The pages of the console: what each is called, who sees it, and the letter that goes there.
export interface PageEntry {
  readonly to:
    | '/runs'
    | '/approvals'
    | '/artifacts'
    | '/entities'
    | '/keys'
    | '/members'
    | '/usage'
    | '/retention'
    | '/audit'
    | '/posture';
  readonly name: string;
  /** Undefined for what everybody of the tenant may see. */
  readonly scope: string | undefined;
  readonly letter: string;
  /** What agents do comes first, then what answers for them. */
  readonly group: 'work' | 'rule';
}

export const PAGES: readonly PageEntry[] = [
  { to: '/runs', name: 'Runs', scope: 'runs:read', letter: 'r', group: 'work' },
  { to: '/approvals', name: 'Approvals', scope: 'approvals:read', letter: 'i', group: 'work' },
  { to: '/artifacts', name: 'Artifacts', scope: 'artifacts:read', letter: 'a', group: 'work' },
  { to: '/entities', name: 'Entities', scope: 'entities:read', letter: 'e', group: 'work' },
  { to: '/keys', name: 'Keys', scope: 'keys:read', letter: 'k', group: 'rule' },
  { to: '/members', name: 'Members', scope: 'users:read', letter: 'm', group: 'rule' },
  { to: '/usage', name: 'Usage', scope: 'usage:read', letter: 'u', group: 'rule' },
  { to: '/retention', name: 'Retention', scope: 'retention:read', letter: 't', group: 'rule' },
  { to: '/audit', name: 'Audit', scope: 'audit:read', letter: 'd', group: 'rule' },
  { to: '/posture', name: 'Posture', scope: undefined, letter: 'p', group: 'rule' },
];

export function pagesFor(scopes: readonly string[]): readonly PageEntry[] {
  return PAGES.filter(({ scope }) => scope === undefined || scopes.includes(scope));
}
