// The users of the caller's tenant.
import type { AddIdentity, CreateUser, Identity, Page, SignInLink, UpdateUser, User } from '@sallyport/contracts';
import { eachOf, type PageQuery } from '../pages.ts';
import { segment, type Transport } from '../transport.ts';

export interface Users {
  create(body: CreateUser): Promise<User>;
  get(id: string, signal?: AbortSignal): Promise<User>;
  list(query?: PageQuery): AsyncGenerator<User>;
  listPage(query?: PageQuery): Promise<Page<User>>;
  /** Name, role or state; it counts from the next request on. */
  update(id: string, change: UpdateUser): Promise<User>;
  /** The answer holds the token of a one-time link, this once. */
  createSignInLink(id: string): Promise<SignInLink>;
  addIdentity(id: string, identity: AddIdentity): Promise<Identity>;
  removeIdentity(id: string, identityId: string): Promise<void>;
}

export function createUsers(transport: Transport): Users {
  const at = (id: string, rest = ''): string => `v1/users/${segment(id)}${rest}`;
  const page = ({ signal, ...query }: PageQuery): Promise<Page<User>> =>
    transport.json('v1/users', { query: { ...query }, signal });
  return {
    create: (body) => transport.json('v1/users', { method: 'POST', json: body }),
    get: (id, signal) => transport.json(at(id), { signal }),
    list: (query = {}) => eachOf(query, page),
    listPage: (query = {}) => page(query),
    update: (id, change) => transport.json(at(id), { method: 'PATCH', json: change }),
    createSignInLink: (id) => transport.json(at(id, '/sign-in-link'), { method: 'POST' }),
    addIdentity: (id, identity) => transport.json(at(id, '/identities'), { method: 'POST', json: identity }),
    removeIdentity: async (id, identityId) => {
      await transport.json(at(id, `/identities/${segment(identityId)}`), { method: 'DELETE' });
    },
  };
}
