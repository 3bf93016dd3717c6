// The keys of one tenant, unwrapped in memory: what seals, opens and digests its content.
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { DigestUse, Keyring, Place } from '../db/db.ts';
import { fault } from '../errors.ts';
import { bind, deriveKey, KEY_BYTES, keyedDigest, openFrame, sealFrame } from './cipher.ts';

export type KeyPurpose = 'content' | 'index';
export type KeyState = 'active' | 'retired';

export interface TenantKey {
  readonly keyId: string;
  readonly purpose: KeyPurpose;
  readonly state: KeyState;
  readonly secret: Uint8Array;
}

interface ContentKey {
  readonly sealing: KeyObject;
  readonly blobs: KeyObject;
}

/** Throws `sealed_away` when the tenant has no key that is in use. */
export function createKeyring(tenantId: string, keys: readonly TenantKey[]): Keyring {
  const content = new Map<string, ContentKey>();
  for (const { keyId, purpose, secret } of keys)
    if (purpose === 'content')
      content.set(keyId, {
        sealing: deriveKey(secret, keyId, 'sealing'),
        blobs: deriveKey(secret, keyId, 'blobs'),
      });
  const active = (purpose: KeyPurpose): TenantKey => {
    const key = keys.find((one) => one.purpose === purpose && one.state === 'active');
    if (key === undefined) throw fault('sealed_away', { detail: `the tenant has no ${purpose} key` });
    return key;
  };
  const { keyId } = active('content');
  const index = active('index');
  const digests: Readonly<Record<DigestUse, KeyObject>> = {
    entity: deriveKey(index.secret, index.keyId, 'index'),
    request: deriveKey(index.secret, index.keyId, 'digest'),
    network: deriveKey(index.secret, index.keyId, 'network'),
    host: deriveKey(index.secret, index.keyId, 'egress-host'),
  };
  const find = (wanted: string): ContentKey => {
    const key = content.get(wanted);
    if (key === undefined) throw fault('sealed_away', { detail: `key ${wanted} is not there` });
    return key;
  };
  const contextOf = ({ column, row }: Place, by: string): Uint8Array =>
    bind('sallyport.content.v1', tenantId, column, row, by);
  const blobContext = (blobId: string, header: Uint8Array, by: string): Uint8Array =>
    bind('sallyport.blob-key.v1', tenantId, blobId, by, header);
  return {
    keyId,
    knows: (wanted) => content.has(wanted),
    seal: (place, plain) => sealFrame(find(keyId).sealing, contextOf(place, keyId), plain),
    open: (place, by, sealed) => {
      const plain = openFrame(find(by).sealing, contextOf(place, by), sealed);
      if (plain === undefined) throw fault('tampered', { detail: `${place.column} does not open at its place` });
      return plain;
    },
    digest: (use, value) => keyedDigest(digests[use], value),
    wrapBlobKey: (blobId, header) => {
      const key = randomBytes(KEY_BYTES);
      return { keyId, key, wrapped: sealFrame(find(keyId).blobs, blobContext(blobId, header, keyId), key) };
    },
    openBlobKey: (blobId, header, by, wrapped) => {
      const key = openFrame(find(by).blobs, blobContext(blobId, header, by), wrapped);
      if (key === undefined) throw fault('tampered', { detail: `blob ${blobId} was not sealed for this place` });
      return key;
    },
  };
}

/** No sealing at all: what the proof puts in the place of the inner door to show that it is needed (DEC-011). */
export function openKeyring(): Keyring {
  const keyId = 'none';
  return {
    keyId,
    knows: () => true,
    seal: (_place, plain) => plain,
    open: (_place, _by, sealed) => sealed,
    digest: (use, value) => keyedDigest(createSecretKey(Buffer.alloc(KEY_BYTES)), bind(use, value)),
    wrapBlobKey: () => ({ keyId, key: new Uint8Array(KEY_BYTES), wrapped: new Uint8Array(61) }),
    openBlobKey: () => new Uint8Array(KEY_BYTES),
  };
}
