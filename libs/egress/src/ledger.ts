// What one key may do: a token bucket of calls and a budget of bytes in a window (R17).
import { EgressError } from './egress-error.ts';
import type { Rules } from './rules.ts';

const MOST_KEYS = 10_000;

interface Account {
  tokens: number;
  filledAt: number;
  bytes: number;
  windowFrom: number;
}

export class Ledger {
  readonly #rules: Rules;
  readonly #accounts = new Map<string, Account>();

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** Takes one call from the bucket. Throws `busy`. */
  take(key: string): void {
    const { rate, byteBudget } = this.#rules.pace;
    if (rate === undefined && byteBudget === undefined) return;
    const account = this.#account(key);
    if (byteBudget !== undefined && account.bytes >= byteBudget.bytes)
      throw new EgressError('busy', 'the byte budget of this key is spent');
    if (rate === undefined) return;
    if (account.tokens < 1) throw new EgressError('busy', 'too many calls of this key');
    account.tokens--;
  }

  charge(key: string, bytes: number): void {
    if (this.#rules.pace.byteBudget !== undefined) this.#account(key).bytes += bytes;
  }

  #account(key: string): Account {
    const now = this.#rules.clock();
    const { rate, byteBudget } = this.#rules.pace;
    let account = this.#accounts.get(key);
    if (account === undefined) {
      this.#makeRoom();
      account = { tokens: rate?.burst ?? 0, filledAt: now, bytes: 0, windowFrom: now };
    } else this.#accounts.delete(key);
    // Set anew, the map stays in order of use.
    this.#accounts.set(key, account);
    if (rate !== undefined) {
      account.tokens = Math.min(rate.burst, account.tokens + ((now - account.filledAt) / 1_000) * rate.perSecond);
      account.filledAt = now;
    }
    if (byteBudget !== undefined && now - account.windowFrom >= byteBudget.windowMs) {
      account.bytes = 0;
      account.windowFrom = now;
    }
    return account;
  }

  #makeRoom(): void {
    if (this.#accounts.size < MOST_KEYS) return;
    const oldest = this.#accounts.keys().next().value;
    if (oldest !== undefined) this.#accounts.delete(oldest);
  }
}
