// Owns the settings of a node among nodes: what it does, where it says that it lives, which files all of them share, how it leaves.
// Promises what the table of settings promises; it is a part of that table.
// Must never make a node do more than it was told: a role that is not named is not taken.
import { parseAddress } from '@sallyport/egress';
import { type Setting, whole } from './setting-readers.ts';

const ROLES = ['api', 'worker'] as const;
export type NodeRole = (typeof ROLES)[number];

function roles(text: string): readonly NodeRole[] | undefined {
  const words = text.split(',').map((word) => word.trim());
  const known = ROLES.filter((role) => words.includes(role));
  return known.length === words.length ? known : undefined;
}

function address(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  if (bare.includes(':') !== host.startsWith('[') || parseAddress(bare) === undefined || Number(port) > 65_535)
    return undefined;
  return { host: bare, port: Number(port) };
}

const folder = (text: string): string | undefined => (text === '' || text.includes('\0') ? undefined : text);

export const NODE_SETTINGS = {
  roles: {
    env: 'SALLYPORT_ROLES',
    flag: 'roles',
    about: 'What this node does: answer requests, drive runs and do the chores, or both.',
    expected: 'api, worker or both, separated by a comma',
    example: 'api',
    fallback: 'api,worker',
    parse: roles,
  },
  healthAddress: {
    env: 'SALLYPORT_HEALTH_ADDRESS',
    flag: 'health-address',
    about:
      'Where a node without the API answers /healthz, /readyz and, where they are on, /metrics; nowhere unless told.',
    expected: 'ADDRESS:PORT',
    example: '127.0.0.1:4601',
    parse: address,
  },
  keyFolder: {
    env: 'SALLYPORT_KEY_FOLDER',
    flag: 'key-folder',
    about:
      'Folder of the key files that all nodes of one database share; nothing is made in it. Unless told, each data folder makes its own.',
    expected: 'a folder',
    example: '/run/secrets',
    parse: folder,
  },
  blobFolder: {
    env: 'SALLYPORT_BLOB_FOLDER',
    flag: 'blob-folder',
    about:
      'Folder of the bytes of artifacts, where they are local and nodes share them; the folder `blobs` of the data folder unless told.',
    expected: 'a folder',
    example: '/srv/sallyport-blobs',
    parse: folder,
  },
  leaveSeconds: {
    env: 'SALLYPORT_LEAVE_SECONDS',
    flag: 'leave-seconds',
    about:
      'How long a node that was told to end still takes requests while /readyz already says no: for balancers to notice.',
    expected: 'a number from 0 to 300',
    example: '5',
    fallback: '0',
    parse: whole(0, 300),
  },
} satisfies Record<string, Setting<unknown>>;
