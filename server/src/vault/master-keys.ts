// The master keys: outside the database, in versions that stand side by side while keys are wrapped anew.
// The database knows their fingerprints only, so that a wrong key is told from a right one before anything is written (S14).
import type { KeyObject } from 'node:crypto';
import { fault } from '../errors.ts';
import { bind, deriveKey, KEY_BYTES, keyedDigest, openFrame, sealFrame } from './cipher.ts';

/** A tenant's key as the database holds it. */
export interface KeyPlace {
  readonly tenantId: string;
  readonly keyId: string;
  readonly purpose: string;
}

export interface WrappedKey {
  readonly masterVersion: number;
  readonly wrapped: Uint8Array;
}

export interface Fingerprint {
  readonly version: number;
  readonly fingerprint: Uint8Array;
}

export interface MasterKeys {
  /** The version that wraps: the newest that is here, or that may be used. */
  readonly current: number;
  readonly newest: number;
  /** A newer version that lies here waits until every node has it. */
  useUpTo(version: number): void;
  fingerprint(version: number): Uint8Array;
  wrap(place: KeyPlace, key: Uint8Array): WrappedKey;
  /** Throws `sealed_away` without that master key, `tampered` for bytes that it did not wrap for this place. */
  unwrap(place: KeyPlace, wrapped: WrappedKey): Uint8Array;
  /** Reads the keys again: a version that was added is used from then on. */
  reload(): void;
}

interface Master {
  readonly wrapping: KeyObject;
  readonly fingerprint: Uint8Array;
}

function masterOf(secret: Uint8Array): Master {
  if (secret.length !== KEY_BYTES) throw fault('configuration', { detail: 'a master key has 32 bytes' });
  return {
    wrapping: deriveKey(secret, 'master', 'wrapping'),
    fingerprint: keyedDigest(deriveKey(secret, 'master', 'fingerprint'), Buffer.from('sallyport.master.v1')),
  };
}

/** `read` answers the keys by version; it is asked again when a version turns up that nobody knows. */
export function createMasterKeys(read: () => ReadonlyMap<number, Uint8Array>): MasterKeys {
  let masters = new Map<number, Master>();
  const reload = (): void => {
    masters = new Map([...read()].map(([version, secret]) => [version, masterOf(secret)]));
    if (masters.size === 0) throw fault('configuration', { detail: 'there is no master key' });
  };
  reload();
  const find = (version: number): Master => {
    if (!masters.has(version)) reload();
    const master = masters.get(version);
    if (master === undefined)
      throw fault('sealed_away', { detail: `the master key of version ${version} is not here` });
    return master;
  };
  let most = Number.POSITIVE_INFINITY;
  const newest = (): number => Math.max(...masters.keys());
  const current = (): number => {
    const usable = [...masters.keys()].filter((version) => version <= most);
    return usable.length === 0 ? newest() : Math.max(...usable);
  };
  return {
    get newest() {
      return newest();
    },
    useUpTo: (version) => {
      most = version;
    },
    get current() {
      return current();
    },
    fingerprint: (version) => find(version).fingerprint,
    wrap: (place, key) => {
      const masterVersion = current();
      return { masterVersion, wrapped: sealFrame(find(masterVersion).wrapping, contextOf(place), key) };
    },
    unwrap: (place, { masterVersion, wrapped }) => {
      const key = openFrame(find(masterVersion).wrapping, contextOf(place), wrapped);
      if (key === undefined) throw fault('tampered', { detail: `key ${place.keyId} was not wrapped for this place` });
      return key;
    },
    reload,
  };
}

function contextOf({ tenantId, keyId, purpose }: KeyPlace): Uint8Array {
  return bind('sallyport.tenant-key.v1', tenantId, keyId, purpose);
}

/** The first digits of a fingerprint, as people see it. */
export function showFingerprint(fingerprint: Uint8Array): string {
  return Buffer.from(fingerprint).toString('hex').slice(0, 16);
}

/** Throws `configuration`, with both fingerprints, unless every master key that the database counts on is here. */
export function demandMasterKeys(master: MasterKeys | undefined, standing: readonly Fingerprint[]): void {
  for (const { version, fingerprint } of standing) {
    const wanted = `the database counts on master key ${version} with fingerprint ${showFingerprint(fingerprint)}`;
    const held = holds(master, version);
    if (held === undefined)
      throw fault('configuration', { detail: `${wanted}, and there is none of that version here (fingerprint: none)` });
    if (!Buffer.from(held).equals(fingerprint))
      throw fault('configuration', {
        detail: `${wanted}, and the one here has fingerprint ${showFingerprint(held)}; restore the right key`,
      });
  }
}

function holds(master: MasterKeys | undefined, version: number): Uint8Array | undefined {
  try {
    return master?.fingerprint(version);
  } catch {
    return undefined;
  }
}
