// The data folder as it lies on the disk: whose it is, who may read it, what is in it, how much room is left.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { usedPercent } from '../boot/boot.ts';
import type { Config } from '../config.ts';
import { type Finding, fail, good, skipped, warn } from './finding.ts';

const READ_BY_PEOPLE = ['first-key', 'operator-key'];
/** Percent points before the limit at which it is said. */
const SOON = 10;

export function isThere(path: string): boolean {
  return existsSync(path);
}

export async function examineFolder(config: Config): Promise<Finding[]> {
  const path = config.dataDir;
  if (!isThere(path)) return [skipped('folder', `${path} is not there yet`, 'sallyport serve makes it')];
  const uid = process.getuid?.();
  const stats = statSync(path);
  if (!stats.isDirectory()) return [fail('folder', `${path} is not a folder`, 'name another one with --data')];
  return [
    examineOwner(path, stats, uid),
    await examineSpace(config),
    ...examineKeys(config, uid),
    config.s3Bucket === undefined
      ? examineBlobs(config.blobFolder ?? join(path, 'blobs'))
      : skipped('blobs', `they rest in the bucket ${config.s3Bucket}`, 'a start of the server tries it'),
  ];
}

function examineOwner(path: string, stats: Stats, uid: number | undefined): Finding {
  if (uid !== undefined && stats.uid !== uid)
    return fail('folder', `${path} belongs to uid ${stats.uid}, this is ${uid}`, `chown -R ${uid} ${path}`);
  if ((stats.mode & 0o022) !== 0)
    return fail('folder', `${path} may be written by others (mode ${octal(stats)})`, `chmod 700 ${path}`);
  return good('folder', `${path} is this user's (mode ${octal(stats)})`);
}

async function examineSpace({ dataDir, diskLimit }: Config): Promise<Finding> {
  const percent = Math.floor(usedPercent(await statfs(dataDir)));
  const said = `the disk is used to ${percent} %`;
  const fix = 'free room on the disk of the data folder, or move the folder to a larger one';
  if (percent >= diskLimit) return fail('space', `${said}: no run is begun from ${diskLimit} % on`, fix);
  return percent >= diskLimit - SOON ? warn('space', said, fix) : good('space', said);
}

/** A master key that comes by a setting is not in the folder. Of keys that nodes share all must be there before any node starts. */
function neededKeys({ masterKey, keyFolder }: Config): string[] {
  const shared = keyFolder === undefined ? [] : ['certificates-1', 'links-1'];
  return [...shared, ...(masterKey === undefined ? ['master-1'] : []), 'pepper-1'];
}

/** Beside the keys a folder of secrets may hold others, of the database or of the store. */
const KEY = /^(certificates|links|master|pepper)-\d+$|^database$/;

function examineKeys(config: Config, uid: number | undefined): Finding[] {
  const path = config.dataDir;
  const folder = config.keyFolder ?? join(path, 'keys');
  const needed = neededKeys(config);
  const there = isThere(folder) ? readdirSync(folder) : [];
  const names = config.keyFolder === undefined ? there : there.filter((name) => KEY.test(name));
  const missing = needed.filter((name) => !names.includes(name));
  // A folder that was never served has none yet; one that was has lost them.
  const served = config.keyFolder !== undefined || READ_BY_PEOPLE.some((name) => isThere(join(path, name)));
  const faults = [
    ...(served
      ? missing.map((name) =>
          fail(
            'keys',
            `${join(folder, name)} is missing`,
            'restore it from a backup: nothing can be made in its place',
          ),
        )
      : []),
    ...names.map((name) => examineKey(join(folder, name), uid, true)),
    ...READ_BY_PEOPLE.map((name) => join(path, name))
      .filter(isThere)
      .map((file) => examineKey(file, uid, false)),
  ].filter((finding) => finding !== undefined);
  if (faults.length > 0) return faults;
  if (!served) return [skipped('keys', 'there are none yet', 'sallyport serve makes them')];
  return [good('keys', `${names.length} keys, readable by this user alone`)];
}

function examineKey(file: string, uid: number | undefined, hex: boolean): Finding | undefined {
  const stats = statSync(file);
  if (uid !== undefined && stats.uid !== uid)
    return fail('keys', `${file} belongs to uid ${stats.uid}`, `chown ${uid} ${file}`);
  if ((stats.mode & 0o077) !== 0)
    return fail('keys', `${file} is open to others (mode ${octal(stats)})`, `chmod 600 ${file}`);
  if (hex && !/^[0-9a-f]{64}\s*$/.test(readFileSync(file, 'utf8')))
    return fail('keys', `${file} holds no key of 32 bytes`, 'restore it from a backup');
  return undefined;
}

/** By writing: a mode says little about a disk that is read-only, or mounted from elsewhere. */
function examineBlobs(folder: string): Finding {
  if (!isThere(folder)) return skipped('blobs', 'nothing is stored yet', 'the first artifact makes the folder');
  const probe = join(folder, `.doctor-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    writeFileSync(probe, 'x', { flag: 'wx', mode: 0o600 });
    return good('blobs', `${folder} can be written`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return fail('blobs', `${folder} cannot be written (${code})`, `chown -R ${process.getuid?.() ?? 'USER'} ${folder}`);
  } finally {
    rmSync(probe, { force: true });
  }
}

function octal(stats: Stats): string {
  return (stats.mode & 0o777).toString(8);
}
