// PostgreSQL refuses to run as root: chooses the user it runs as, and where that user can reach the cluster.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { EmbeddedError } from './embedded-error.ts';

export interface DatabaseUser {
  readonly uid: number;
  readonly gid: number;
  /** True when it is another user than the one of this process. */
  readonly other: boolean;
  /** initdb, unlike the server, needs a user with a name: whom it runs as, when the server's has none. */
  readonly initUid: number;
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Below the range of uids that systems hand out by themselves, above that of people. */
const FIRST_OWN_UID = 60_600;

/** The owner of the present cluster; else this user; as root `postgres`, else a uid that is nobody's. */
export function chooseUser(cluster: string | undefined): DatabaseUser {
  const owner = cluster === undefined ? undefined : statSync(cluster);
  const own = userInfo();
  if (own.uid !== 0) {
    if (owner !== undefined && owner.uid !== own.uid)
      throw new EmbeddedError(
        'wrong_owner',
        `${cluster} belongs to uid ${owner.uid}, this is uid ${own.uid}; start as that user, or: chown -R ${own.uid} ${cluster}`,
      );
    return { uid: own.uid, gid: own.gid, other: false, initUid: own.uid };
  }
  if (owner?.uid === 0)
    throw new EmbeddedError('wrong_owner', `${cluster} belongs to root; give it away: chown -R postgres ${cluster}`);
  if (owner !== undefined) return { uid: owner.uid, gid: owner.gid, other: true, initUid: owner.uid };
  return rootsChoice(accounts());
}

/** Exported for its table of tests. */
export function rootsChoice(known: readonly Account[]): DatabaseUser {
  const postgres = known.find((row) => row.name === 'postgres');
  if (postgres !== undefined) return { uid: postgres.uid, gid: postgres.gid, other: true, initUid: postgres.uid };
  const nobody = known.find((row) => row.name === 'nobody');
  if (nobody === undefined)
    throw new EmbeddedError(
      'no_user',
      'PostgreSQL does not run as root and there is no user "postgres" or "nobody"; create one: useradd --system postgres',
    );
  // Other services run as nobody too and could read the cluster: it is given to a uid that no account has.
  let uid = FIRST_OWN_UID;
  while (known.some((row) => row.uid === uid || row.gid === uid)) uid += 1;
  return { uid, gid: uid, other: true, initUid: nobody.uid };
}

function accounts(): Account[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 7)
    .map(([name = '', , uid = '', gid = '']) => ({ name, uid: Number(uid), gid: Number(gid) }));
}

/** Can that user enter this folder? Asked by trying, since every folder above it matters. */
export function canEnter(user: DatabaseUser, folder: string): boolean {
  if (!user.other) return true;
  const tried = spawnSync('test', ['-x', folder], {
    uid: user.uid,
    gid: user.gid,
    cwd: '/',
    stdio: 'ignore',
    env: { PATH: '/usr/bin:/bin' },
  });
  return tried.status === 0;
}

export interface Place {
  readonly cluster: string;
  readonly user: DatabaseUser;
}

/** Below the data folder when the database's user can enter it, else in the shared one. A cluster that stands is never passed by. */
export function chooseFolder(inside: string, outside: string, dataDir: string): Place {
  const stands = [inside, outside].find((path) => statSync(join(path, 'PG_VERSION'), { throwIfNoEntry: false }));
  const user = chooseUser(stands);
  if (stands === undefined) return { cluster: canEnter(user, dataDir) ? inside : outside, user };
  if (!canEnter(user, stands))
    throw new EmbeddedError(
      'wrong_owner',
      `uid ${user.uid} owns ${stands} but cannot enter it; open the folders above it: chmod a+x ${dataDir}`,
    );
  return { cluster: stands, user };
}
