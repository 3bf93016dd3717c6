// Connections that are kept: one pool for an origin and a checked set of addresses, of one guard alone (R10).
import { Pool } from 'undici';
import { createConnector, type Entrance, type Waiting } from './connector.ts';
import { EgressError } from './egress-error.ts';
import type { Judged } from './judge.ts';

const IDLE_MS = 4_000;
const HEADER_BYTES = 32 * 1024;

export interface EgressPool extends Waiting {
  readonly pool: Pool;
  /** Of the latest connection. */
  peer: string;
  connectMs: number;
  /** Counts connections, so that a hop can tell whether one was opened for it. */
  connections: number;
}

export class PoolTable {
  readonly #entrance: Entrance;
  readonly #pools = new Map<string, EgressPool>();
  /** Taken out of the table, and not yet closed. */
  readonly #leaving = new Set<Pool>();

  constructor(entrance: Entrance) {
    this.#entrance = entrance;
  }

  get size(): number {
    return this.#pools.size;
  }
  get sockets(): number {
    let count = 0;
    for (const { pool } of this.#pools.values()) count += pool.stats.connected;
    return count;
  }

  /** The addresses are part of the key: a name that moves gets new sockets, and no trust passes from the old ones. */
  get(target: Judged): EgressPool {
    const { addresses } = target;
    const key = `${target.url.origin} ${addresses.length === 1 ? addresses[0] : [...addresses].sort().join(' ')}`;
    const standing = this.#pools.get(key);
    if (standing !== undefined) {
      this.#pools.delete(key);
      this.#pools.set(key, standing);
      return standing;
    }
    this.#makeRoom();
    const made = this.#open(target);
    this.#pools.set(key, made);
    return made;
  }

  async close(): Promise<void> {
    const all = [...this.#pools.values()].map((entry) => entry.pool);
    const error = new EgressError('not-started', 'the guard was closed');
    for (const entry of this.#pools.values()) for (const cancel of entry.opening) cancel(error);
    this.#pools.clear();
    await Promise.all([...all, ...this.#leaving].map((pool) => pool.destroy(error)));
  }

  #makeRoom(): void {
    const oldest = this.#pools.entries().next().value;
    if (this.#pools.size < this.#entrance.rules.maxPools || oldest === undefined) return;
    const [key, { pool }] = oldest;
    this.#pools.delete(key);
    this.#leaving.add(pool);
    const forget = (): void => void this.#leaving.delete(pool);
    pool.close().then(forget, forget);
  }

  #open(target: Judged): EgressPool {
    const { rules } = this.#entrance;
    const waiting: Waiting = {
      questions: new Set(),
      opening: new Set(),
      onConnected: (peer, milliseconds) => {
        entry.peer = peer;
        entry.connectMs = milliseconds;
        entry.connections++;
      },
    };
    const route = {
      host: target.host,
      port: target.port,
      secure: target.url.protocol === 'https:',
      literal: target.literal !== undefined,
      addresses: target.addresses,
    };
    const pool = new Pool(target.url.origin, {
      connect: createConnector(route, this.#entrance, waiting),
      connections: rules.pace.perHost,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      headersTimeout: rules.headersTimeoutMs,
      bodyTimeout: rules.bodyTimeoutMs,
      maxHeaderSize: HEADER_BYTES,
    });
    const entry: EgressPool = { ...waiting, pool, peer: '', connectMs: 0, connections: 0 };
    return entry;
  }
}
