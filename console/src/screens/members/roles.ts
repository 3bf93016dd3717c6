// The roles as people read them. The server judges who may do what; this only hides what it would refuse.
import type { Role } from '@sallyport/contracts';

const WORDS: Readonly<Record<Role, { readonly word: string; readonly may: string }>> = {
  owner: { word: 'Owner', may: 'everything' },
  admin: { word: 'Admin', may: 'members, keys, budgets and retention' },
  developer: { word: 'Developer', may: 'start runs and make own keys' },
  approver: { word: 'Approver', may: 'see runs and decide what is held' },
  viewer: { word: 'Viewer', may: 'look' },
};

/** From the greatest to the least, as the table above is. */
const ROLES = Object.keys(WORDS) as Role[];

const isRole = (word: string): word is Role => Object.hasOwn(WORDS, word);

export function roleWord(role: string): string {
  return isRole(role) ? WORDS[role].word : role.slice(0, 40);
}

/** Roles that one who has `own` may give. */
export function rolesToGive(own: string): readonly { readonly id: Role; readonly name: string }[] {
  if (!isRole(own)) return [];
  return ROLES.slice(ROLES.indexOf(own)).map((id) => ({ id, name: `${WORDS[id].word}: ${WORDS[id].may}` }));
}

export function mayActOn(own: string, other: string): boolean {
  return isRole(own) && isRole(other) && ROLES.indexOf(own) <= ROLES.indexOf(other);
}
