// What was begun, so that it can be ended in the opposite order, whatever failed on the way.
import type { Log } from '../../log.ts';

export class Begun {
  readonly #ends: (() => Promise<void> | void)[] = [];
  #closing: Promise<void> | undefined;

  add(end: () => Promise<void> | void): void {
    this.#ends.push(end);
  }
  close(log: Log): Promise<void> {
    this.#closing ??= (async () => {
      for (const end of this.#ends.reverse()) {
        try {
          await end();
        } catch (error) {
          log.error('shutdown.part_failed', {}, error);
        }
      }
    })();
    return this.#closing;
  }
}
