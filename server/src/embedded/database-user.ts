// PostgreSQL refuses to run as root: chooses the user it runs as, and where that user can reach the cluster.
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { EmbeddedError } from './embedded-error.ts';

export interface DatabaseUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** True when it is another user than the one of this process. */
  readonly other: boolean;
}

/** The owner of the present cluster; else this user; as root `postgres`, else `nobody`. */
export function chooseUser(cluster: string): DatabaseUser {
  const own = userInfo();
  if (own.uid !== 0) return { name: own.username, uid: own.uid, gid: own.gid, other: false };
  const known = passwd();
  const owner = statSync(cluster, { throwIfNoEntry: false });
  const user =
    (owner === undefined || owner.uid === 0 ? undefined : known.find((row) => row.uid === owner.uid)) ??
    known.find((row) => row.name === 'postgres') ??
    known.find((row) => row.name === 'nobody');
  if (user === undefined) {
    throw new EmbeddedError(
      'no_user',
      'PostgreSQL does not run as root and there is no user "postgres" or "nobody"; create one: useradd --system postgres',
    );
  }
  return { ...user, other: true };
}

function passwd(): { name: string; uid: number; gid: number }[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 7)
    .map(([name = '', , uid = '', gid = '']) => ({ name, uid: Number(uid), gid: Number(gid) }));
}

/** Can that user enter this folder? Asked by trying, since every folder above it matters. */
export function canEnter(user: DatabaseUser, folder: string): boolean {
  if (!user.other) return true;
  return spawnSync('test', ['-x', folder], { uid: user.uid, gid: user.gid, cwd: '/', stdio: 'ignore' }).status === 0;
}
