// Makes the cluster: initdb aside, then renamed, so that a killed first start leaves nothing half made.
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, lchownSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { DatabaseUser } from './database-user.ts';
import { EmbeddedError } from './embedded-error.ts';
import { makeOpenFolder } from './folders.ts';

export interface ClusterPlan {
  readonly binaries: string;
  readonly cluster: string;
  readonly user: DatabaseUser;
  readonly superuser: string;
}

const SETTINGS = `
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 64MB
password_encryption = scram-sha-256
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
log_statement = none
log_parameter_max_length_on_error = 0
log_min_error_statement = panic
idle_in_transaction_session_timeout = 60s
`;

/** Runs initdb once, and writes at each start who may enter. */
export function initCluster(plan: ClusterPlan): void {
  const { cluster, user } = plan;
  if (!existsSync(join(cluster, 'PG_VERSION'))) makeCluster(plan);
  const made = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim();
  const ours = basename(plan.binaries).split('.')[0];
  if (made !== ours)
    throw new EmbeddedError(
      'start_failed',
      `${cluster} was made by PostgreSQL ${made}, this is ${ours}; export it with the former version and import it here`,
    );
  // Peer, mapped: the user of this process alone may enter, as any role. Written anew, since that user may be another today.
  writeAs(user.uid, user.gid, join(cluster, 'pg_hba.conf'), 'local all all peer map=sallyport\n');
  writeAs(user.uid, user.gid, join(cluster, 'pg_ident.conf'), `sallyport "${userInfo().username}" all\n`);
}

function makeCluster(plan: ClusterPlan): void {
  const { cluster, user } = plan;
  const aside = `${cluster}.new`;
  rmSync(aside, { recursive: true, force: true });
  makeOpenFolder(dirname(cluster));
  mkdirSync(aside, { mode: 0o700 });
  if (user.other) chownSync(aside, user.initUid, user.gid);
  const made = spawnSync(
    join(plan.binaries, 'bin', 'initdb'),
    ['-D', aside, '-U', plan.superuser, '--encoding=UTF8', '--locale=C', '--auth=peer', '--no-instructions'],
    {
      ...(user.other ? { uid: user.initUid, gid: user.gid } : {}),
      cwd: '/',
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    },
  );
  if (made.status !== 0) {
    rmSync(aside, { recursive: true, force: true });
    throw new EmbeddedError('start_failed', `initdb failed: ${String(made.error ?? made.stderr).slice(-800)}`);
  }
  writeAs(user.initUid, user.gid, join(aside, 'postgresql.auto.conf'), SETTINGS);
  if (user.initUid !== user.uid) giveAway(aside, user);
  renameSync(aside, cluster);
}

function giveAway(folder: string, user: DatabaseUser): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    lchownSync(join(folder, name), user.uid, user.gid);
  lchownSync(folder, user.uid, user.gid);
}

/** As the database's user: root that writes into its folder could be led by a link to any file of the machine. */
function writeAs(uid: number, gid: number, path: string, text: string): void {
  const wrote = spawnSync('/bin/sh', ['-c', 'umask 077; cat > "$1"', 'sh', path], {
    ...(process.getuid?.() === 0 ? { uid, gid } : {}),
    cwd: '/',
    input: text,
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin' },
  });
  if (wrote.status !== 0)
    throw new EmbeddedError(
      'data_unwritable',
      `cannot write ${path} as uid ${uid} (${String(wrote.error ?? wrote.stderr).trim()}); mend it: chown -R ${uid} ${dirname(path)}`,
    );
}
