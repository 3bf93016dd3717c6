// Makes the cluster: initdb aside, then renamed, so that a killed first start leaves nothing half made.
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { DatabaseUser } from './database-user.ts';
import { EmbeddedError } from './embedded-error.ts';

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

/** Runs initdb once. Authentication is peer, mapped: only this process's user and the server's own may enter, as any role. */
export async function initCluster(plan: ClusterPlan): Promise<void> {
  const { cluster, user } = plan;
  if (existsSync(join(cluster, 'PG_VERSION'))) return;
  const aside = `${cluster}.new`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(dirname(cluster), { recursive: true, mode: 0o755 });
  mkdirSync(aside, { mode: 0o700 });
  if (user.other) chownSync(aside, user.uid, user.gid);
  const made = spawnSync(
    join(plan.binaries, 'bin', 'initdb'),
    ['-D', aside, '-U', plan.superuser, '--encoding=UTF8', '--locale=C', '--auth=peer', '--no-instructions'],
    {
      ...(user.other ? { uid: user.uid, gid: user.gid } : {}),
      cwd: '/',
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    },
  );
  if (made.status !== 0)
    throw new EmbeddedError('start_failed', `initdb failed: ${(made.stderr ?? String(made.error)).slice(-800)}`);
  const allowed = new Set([userInfo().username, user.name]);
  writeFileSync(join(aside, 'pg_hba.conf'), 'local all all peer map=sallyport\n');
  writeFileSync(join(aside, 'pg_ident.conf'), [...allowed].map((name) => `sallyport ${name} all\n`).join(''));
  writeFileSync(join(aside, 'postgresql.auto.conf'), SETTINGS);
  renameSync(aside, cluster);
}
