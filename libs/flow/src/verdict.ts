// What a decision is made from and what it says. Types alone.
import type { Leaf } from './canonical.ts';
import type { Evidence, Justification } from './justify.ts';
import type { NameFlag } from './names.ts';
import type { PinBook } from './pins.ts';
import type { Finding } from './sanitize.ts';
import type { Source } from './stated.ts';
import type { ArgLabel, Effect, ToolLabels } from './tool-label.ts';

export interface Reason {
  readonly code: string;
  readonly arg?: string;
  readonly value?: string;
  readonly sources?: readonly Source[];
  readonly detail: string;
}

export type Decision =
  /** `token`: what an approval of it would be bound to, were one needed. */
  | { readonly verdict: 'allow'; readonly reasons: readonly Reason[]; readonly token: string }
  | {
      readonly verdict: 'approve';
      readonly reasons: readonly Reason[];
      readonly card: ApprovalCard;
      readonly token: string;
    }
  | { readonly verdict: 'block'; readonly reasons: readonly Reason[] };

export interface PolicyOptions {
  /** What becomes of a side effect outside the grant (R14). */
  readonly outOfGrant: 'block' | 'approve';
  /** Domains whose attested senders count as the people they name. */
  readonly trustedDomains: readonly string[];
  /** Origins whose links an answer may show. */
  readonly answerOrigins: readonly string[];
  readonly approvalMs: number;
  readonly mostCalls: number;
  /** Whether the provider of the model may see this tenant's private data (R36). */
  readonly modelReadsPrivate: boolean;
  /** Who judges loopback and private ranges (R12): refused here unless granted, or left to an egress guard that judges every connect. */
  readonly privateAddresses: 'refuse' | 'elsewhere';
}

export interface Standing extends Evidence {
  readonly session: string;
  readonly labels: ToolLabels;
  readonly policy: PolicyOptions;
  readonly pins: PinBook | undefined;
  /** Hashes of the definitions that the model was shown when the session was opened. */
  readonly shown: Readonly<Record<string, string>>;
  readonly used: ReadonlyMap<string, number>;
  /** Calls of this digest that an approval was spent on. */
  readonly settled: ReadonlyMap<string, number>;
  readonly denied: ReadonlySet<string>;
}

export type Arguments = Readonly<Record<string, unknown>>;

/** One argument value and what speaks for it. */
export interface Judged {
  readonly leaf: Leaf;
  readonly label: ArgLabel;
  readonly justification: Justification;
}

export interface RuleOfTwo {
  /** Has read something untrusted; has read something private; this call leaves the tenant or cannot be undone. */
  readonly A: boolean;
  readonly B: boolean;
  readonly C: boolean;
}

export interface CardArgument {
  readonly path: string;
  readonly role: string;
  /** Inert, with invisible signs written out. */
  readonly shown: string;
  readonly ground: string;
  readonly sources: readonly Source[];
  readonly flags: readonly NameFlag[];
  readonly findings: readonly Finding[];
}

export interface ApprovalCard {
  readonly token: string;
  readonly tool: string;
  readonly effect: Effect;
  readonly arguments: readonly CardArgument[];
  readonly why: readonly Reason[];
  readonly irreversible: string;
  readonly rule: RuleOfTwo;
}
