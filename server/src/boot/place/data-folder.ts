// The data folder and the secret files in it: made once, mode 0600, written aside and linked so that none is ever half there.
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { EmbeddedError } from '../../embedded/embedded.ts';
import { fault } from '../../errors.ts';

export interface DataFolder {
  readonly path: string;
  /** The 32 bytes of a secret of this folder, made when it is not there; where nodes share the keys, a missing one is a fault. */
  secret(name: string): Uint8Array;
  /** The secrets `stem-1`, `stem-2` … that are there, by number. */
  secrets(stem: string): ReadonlyMap<number, Uint8Array>;
  /** What the secrets of this folder are called. */
  secretNames(): readonly string[];
  /** Puts a secret of 32 bytes that was made elsewhere; one that stands there is not replaced, and answers false. */
  putSecret(name: string, secret: Uint8Array): boolean;
  dropSecret(name: string): void;
  /** A file that people read: a key, an address. Replaced whole, mode 0600. */
  write(name: string, text: string): string;
  read(name: string): string | undefined;
  /** Adds a line to such a file, once. */
  note(name: string, line: string): void;
  remove(name: string): void;
}

const VERSION = /^[1-9]\d{0,5}$/;
/** What a file that is being written aside is called does not fit. */
const SECRET = /^[a-z]{1,30}(-[1-9]\d{0,5})?$/;
const NAME = /^[a-z0-9][a-z0-9.-]{0,60}$/;

/**
 * Opens the folder, making it when it is not there; `shared` is the folder of keys that nodes share. Throws `EmbeddedError` naming path,
 * uid and the command that mends it.
 */
export function openDataFolder(path: string, shared?: string): DataFolder {
  const keys = shared ?? join(path, 'keys');
  const uid = process.getuid?.() ?? 0;
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (shared === undefined) {
      demandOwn(path, statSync(path), uid);
      mkdirSync(keys, { recursive: true, mode: 0o700 });
      demandOwn(keys, lstatSync(keys), uid);
      chmodSync(keys, 0o700);
    }
  } catch (cause) {
    if (cause instanceof EmbeddedError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EmbeddedError(
      'data_unwritable',
      `cannot write ${path} as uid ${uid} (${reason}); mend it: chown -R ${uid} ${path}`,
    );
  }
  const at = (name: string): string => {
    if (!NAME.test(name)) throw fault('internal', { detail: 'a file of the data folder has a short lower-case name' });
    return join(path, name);
  };
  return {
    path,
    secret: (name) => (shared === undefined ? readOrMake(join(keys, name), uid) : readShared(join(keys, name), uid)),
    secrets: (stem) =>
      new Map(
        namesIn(keys).flatMap((name): [number, Uint8Array][] => {
          const version = name.startsWith(`${stem}-`) ? name.slice(stem.length + 1) : '';
          return VERSION.test(version) ? [[Number(version), readSecret(join(keys, name), uid)]] : [];
        }),
      ),
    secretNames: () =>
      readdirSync(keys)
        .filter((name) => SECRET.test(name))
        .sort(),
    putSecret: (name, secret) => {
      const path = join(keys, name);
      if (!SECRET.test(name) || secret.length !== 32) throw fault('internal', { detail: 'a secret has 32 bytes' });
      placeOnce(path, `${Buffer.from(secret).toString('hex')}\n`);
      return Buffer.from(readSecret(path, uid)).equals(secret);
    },
    dropSecret: (name) => {
      if (SECRET.test(name)) rmSync(join(keys, name), { force: true });
    },
    write: (name, text) => {
      const file = at(name);
      writeAside(file, text, (aside) => renameSync(aside, file));
      return file;
    },
    read: (name) => readIfThere(at(name)),
    note: (name, line) => {
      const file = at(name);
      const text = readIfThere(file) ?? '';
      if (!text.split('\n').includes(line)) writeAside(file, `${text}${line}\n`, (aside) => renameSync(aside, file));
    },
    remove: (name) => rmSync(at(name), { force: true }),
  };
}

/**
 * A folder that somebody else owns or may write to could hold keys that they planted, or a `keys` that leads elsewhere.
 * Throws `EmbeddedError` with the command that mends it.
 */
function demandOwn(path: string, found: Stats, uid: number): void {
  const refuse = (what: string, mend: string): never => {
    throw new EmbeddedError(
      'wrong_owner',
      `${path} ${what}; look at what is in it, then, as uid ${uid}: ${mend} ${path}`,
    );
  };
  if (!found.isDirectory()) refuse('is not a folder', 'mv -n -t /tmp');
  if (found.uid !== uid) refuse(`belongs to uid ${found.uid}`, `chown -R ${uid}`);
  if ((found.mode & 0o022) !== 0) refuse('may be written to by others', 'chmod go-w');
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function namesIn(keys: string): string[] {
  try {
    return readdirSync(keys);
  } catch (cause) {
    throw fault('configuration', { detail: `SALLYPORT_KEY_FOLDER: ${keys} cannot be read`, cause });
  }
}

/** A node that made a key of its own would let nobody in whom the others know. */
function readShared(path: string, uid: number): Uint8Array {
  if (readIfThere(path) === undefined)
    throw fault('configuration', {
      detail: `SALLYPORT_KEY_FOLDER: ${path} is missing; expected the file that all nodes share, made once as uid ${uid}: umask 077; openssl rand -hex 32 > ${path}`,
    });
  return readSecret(path, uid);
}

function readOrMake(path: string, uid: number): Uint8Array {
  if (readIfThere(path) === undefined) placeOnce(path, `${randomBytes(32).toString('hex')}\n`);
  return readSecret(path, uid);
}

/** A link fails when the name is taken: of two first starts one wins, and both read the winner's secret. */
function placeOnce(path: string, text: string): void {
  writeAside(path, text, (aside) => {
    try {
      linkSync(aside, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  });
}

function readSecret(path: string, uid: number): Uint8Array {
  const text = (readIfThere(path) ?? '').trim();
  if (!/^[0-9a-f]{64}$/.test(text))
    throw fault('configuration', {
      detail: `${path} holds no key of 32 bytes; restore it from a backup of the folder`,
    });
  const found = lstatSync(path);
  if (!found.isFile() || found.uid !== uid)
    throw new EmbeddedError('wrong_owner', `${path} is not a file of uid ${uid}; mend it: chown ${uid} ${path}`);
  if ((found.mode & 0o077) !== 0)
    throw new EmbeddedError('wrong_owner', `${path} is open to others; mend it as uid ${uid}: chmod 600 ${path}`);
  return Buffer.from(text, 'hex');
}

function writeAside(path: string, text: string, place: (aside: string) => void): void {
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(aside, text, { mode: 0o600, flag: 'wx' });
    const handle = openSync(aside, 'r');
    fsyncSync(handle);
    closeSync(handle);
    place(aside);
  } finally {
    rmSync(aside, { force: true });
  }
}
