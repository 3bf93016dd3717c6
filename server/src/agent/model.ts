// What the loop asks of any model, and what it costs.
import { formatMoney, microCents } from '../limits/limits.ts';
import type { Message } from '../prompt/prompt.ts';

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface ModelRequest {
  readonly messages: readonly Message[];
  readonly tools: readonly ToolSpec[];
  readonly maxOutputTokens: number;
}

export interface ProposedToolCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface ModelAnswer {
  readonly text: string;
  readonly calls: readonly ProposedToolCall[];
  readonly finishReason: string;
  readonly usage: { readonly input: number; readonly output: number; readonly cached: number };
}

/** US dollars for a million tokens, as decimal strings. */
export interface Price {
  readonly input: string;
  readonly output: string;
}

export interface Model {
  readonly name: string;
  readonly price: Price;
  /** The most tokens an answer may have. */
  readonly maxOutputTokens: number;
  /** An upper bound of the tokens that a request uses; what is reserved before the call. */
  upperBound(request: ModelRequest): { readonly input: number; readonly output: number };
  /** Throws `ModelError`. */
  generate(request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer>;
}

/** `charged` is `no` when the provider is known not to have worked: then nothing is settled as lost. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly charged: 'no' | 'unknown';
  readonly retryable: boolean;
  constructor(message: string, options: { charged: 'no' | 'unknown'; retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.charged = options.charged;
    this.retryable = options.retryable;
  }
}

/** The cost of tokens at a price, rounded up to 10^-10 dollars. */
export function costOf(price: Price, tokens: { readonly input: number; readonly output: number }): string {
  const total = microCents(price.input) * BigInt(tokens.input) + microCents(price.output) * BigInt(tokens.output);
  return formatMoney((total + 999_999n) / 1_000_000n);
}
