// LISTEN and NOTIFY on a direct connection of its own: a pooled one loses notifications. Reconnects until it is closed.
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { type ConnectOptions, directClient } from './connection.ts';

export interface DirectListener {
  listen(channel: string, heard: (payload: string) => void): Promise<void>;
  notify(channel: string, payload: string): Promise<void>;
  close(): Promise<void>;
}

const CHANNEL = /^[a-z_]{1,40}$/;

export async function openListener(
  options: ConnectOptions,
  onFault: (error: unknown) => void,
): Promise<DirectListener> {
  const heard = new Map<string, (payload: string) => void>();
  let closed = false;
  let client: pg.Client | undefined;

  const connect = async (): Promise<pg.Client> => {
    const next = directClient(options, 'sallyport listener', { keepAlive: true });
    next.on('notification', (message) => heard.get(message.channel)?.(message.payload ?? ''));
    next.on('error', onFault);
    // A client that never got in ends too: only the loss of the present one begins a reconnect, or each try would begin two.
    next.on('end', () => {
      if (!closed && next === client) void reconnect();
    });
    try {
      await next.connect();
      for (const channel of heard.keys()) await next.query(`listen ${channel}`);
    } catch (error) {
      await next.end().catch(() => undefined);
      throw error;
    }
    return next;
  };
  const reconnect = async (): Promise<void> => {
    client = undefined;
    while (!closed) {
      try {
        const next = await connect();
        if (closed) return void next.end();
        client = next;
        // What was sent while we were away is lost: everybody looks once.
        for (const [, hear] of heard) hear('');
        return;
      } catch (error) {
        onFault(error);
        await delay(500);
      }
    }
  };
  client = await connect();
  return {
    listen: async (channel, hear) => {
      if (!CHANNEL.test(channel)) throw new TypeError('a channel is a short lower-case word');
      heard.set(channel, hear);
      // While it reconnects nothing is lost: every channel is listened to again.
      await client?.query(`listen ${channel}`);
    },
    notify: async (channel, payload) => {
      if (!closed) await client?.query('select pg_notify($1, $2)', [channel, payload]);
    },
    close: async () => {
      closed = true;
      await client?.end();
    },
  };
}

const TRY_AGAIN_MS = 250;

/**
 * Holds a session-level advisory lock on a connection of its own; `onLost` tells when the session ends unasked. While another holds it,
 * it is asked for again and again, for the login ends a statement that waits long; `signal` ends that.
 */
export async function holdAdvisoryLock(
  options: ConnectOptions,
  key: { readonly class: number; readonly object: number },
  onLost: (error: unknown) => void,
  signal?: AbortSignal,
): Promise<{ release(): Promise<void> }> {
  const client = directClient(options, 'sallyport worker lock', { keepAlive: true });
  let released = false;
  const lost = (error: unknown): void => {
    if (!released) onLost(error);
    released = true;
  };
  client.on('error', lost);
  client.on('end', () => lost(new Error('the session of the worker lock ended')));
  const release = async (): Promise<void> => {
    released = true;
    await client.end();
  };
  await client.connect();
  try {
    while (!(await tryLock(client, key))) await delay(TRY_AGAIN_MS, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    await release().catch(() => undefined);
    throw error;
  }
  return { release };
}

async function tryLock(client: pg.Client, key: { readonly class: number; readonly object: number }): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1, $2) as held', [
    key.class,
    key.object,
  ]);
  return rows[0]?.held === true;
}
