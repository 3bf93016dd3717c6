// Looks at the processes of this machine. A pid alone proves nothing: it may be a zombie, or anybody's by now.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Tells two processes with one pid apart; undefined when none runs. A zombie is dead, though its pid still answers. */
export function startMark(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (process.platform !== 'linux') {
    const ps = spawnSync('/bin/ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C' },
    });
    const [state = '', ...started] = (ps.stdout ?? '').trim().split(/\s+/);
    return state === '' || state.startsWith('Z') ? undefined : started.join('-');
  }
  try {
    // The command in parentheses may hold anything: count from the last one. Fields 3 (state) and 22 (start).
    const fields = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '').split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Every live PostgreSQL process of this cluster: the server works inside its data folder, so its `cwd` names it. */
export function processesOf(cluster: string): number[] {
  if (process.platform !== 'linux') {
    const ps = spawnSync('/bin/ps', ['-axo', 'pid=,command='], { encoding: 'utf8', env: { LC_ALL: 'C' } });
    const rows = (ps.stdout ?? '').split('\n').filter((row) => row.includes(`bin/postgres -D ${cluster} `));
    return rows.map((row) => Number.parseInt(row, 10));
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        // Not a shell that somebody left standing in the folder.
        return (
          readlinkSync(`/proc/${name}/cwd`) === cluster &&
          readFileSync(`/proc/${name}/comm`, 'utf8').trim() === 'postgres'
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}
