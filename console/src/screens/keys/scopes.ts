import type { Scope } from '@sallyport/contracts';

/** What each scope lets a key do, in a sentence. The type holds it to the list of the contracts. */
export const SCOPES: Readonly<Record<Scope, string>> = {
  'runs:read': 'See runs and everything that they did',
  'runs:write': 'Start and cancel runs',
  'artifacts:read': 'Read artifacts',
  'artifacts:write': 'Upload and delete artifacts',
  'entities:read': 'Read entities',
  'entities:write': 'Define types of entities',
  'audit:read': 'Read the record of who did what',
  'usage:read': 'See what was used and what it cost',
  'budgets:read': 'See budgets',
  'budgets:write': 'Set budgets',
  'billing:read': 'See the plan and its bills',
  'keys:read': 'See which keys there are, without their text',
  'keys:write': 'Create, rotate and revoke keys',
  'users:read': 'See who is a user, and with which role',
  'users:write': 'Add and change users, and make their sign-in links',
  'egress:read': 'See where agents may go, and ask whether a URL would pass',
  'egress:write': 'Change where agents may go, how often and how much',
  'secrets:read': 'See which credentials tools have, without their values',
  'secrets:write': 'Write and delete credentials of tools',
  'retention:read': 'See how long data is kept',
  'retention:write': 'Change how long data is kept',
  'approvals:read': 'See held calls',
  'approvals:decide': 'Approve and deny held calls, and settle unknown effects',
  'approvals:write': 'Change who may approve',
};
