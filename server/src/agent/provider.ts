// Any endpoint that speaks the OpenAI chat completions format, through the AI SDK and through the egress door.
import { setTimeout as delay } from 'node:timers/promises';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { EgressError, type EgressGuard } from '@sallyport/egress';
import { APICallError, generateText, jsonSchema, type ModelMessage, type ToolSet, tool } from 'ai';
import type { Message } from '../prompt/prompt.ts';
import { type Model, type ModelAnswer, ModelError, type ModelRequest, type Price } from './model.ts';

const MAX_OUTPUT_TOKENS = 4_096;
const CALL_MS = 120_000;
const MOST_ANSWER_BYTES = 4 * 1024 * 1024;
const MOST_DEPTH = 24;
const MOST_REPEATS = 2;
const FIRST_WAIT_MS = 1_000;
const MOST_WAIT_MS = 30_000;
/** Too many requests, unavailable, overloaded: the provider has not begun. */
const NOT_TAKEN_UP: ReadonlySet<number> = new Set([429, 503, 529]);

export interface ProviderOptions {
  readonly baseUrl: URL;
  readonly apiKey: string | undefined;
  readonly names: readonly string[];
  readonly price: Price;
  readonly egress: EgressGuard;
  /** Of the span at work: the operator's own endpoint may know it, and no other callee. */
  readonly traceparent?: () => string | undefined;
}

export function openProvider(options: ProviderOptions): Model[] {
  const provider = createOpenAICompatible({
    name: 'openai-compatible',
    baseURL: options.baseUrl.href.replace(/\/$/, ''),
    ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
    fetch: throughEgress(options.egress, options.traceparent),
  });
  return options.names.map((name) => ({
    name,
    price: options.price,
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    upperBound: boundOf,
    generate: (request, signal) => patiently(signal, () => generate(provider.chatModel(name), request, signal)),
  }));
}

/** A token is seldom shorter than three bytes; the tools' schemas are sent along. */
function boundOf(request: ModelRequest): { readonly input: number; readonly output: number } {
  return {
    input: Math.ceil(Buffer.byteLength(JSON.stringify([request.messages, request.tools])) / 3),
    output: request.maxOutputTokens,
  };
}

/**
 * Asks again only after an answer that says the request was not taken up: one reservation stands for all of it, so an attempt that may
 * have been worked on, and charged, must be the last.
 */
async function patiently(signal: AbortSignal, ask: () => Promise<ModelAnswer>): Promise<ModelAnswer> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      const wait = attempt < MOST_REPEATS ? waitFor(error, attempt) : undefined;
      if (wait === undefined) throw asModelError(error);
      await delay(wait, undefined, { signal });
    }
  }
}

/** Milliseconds until the provider may be asked again, by its `Retry-After` in seconds where it gives one; undefined when it must not be. */
function waitFor(error: unknown, attempt: number): number | undefined {
  if (!APICallError.isInstance(error) || !NOT_TAKEN_UP.has(error.statusCode ?? 0)) return undefined;
  const asked = /^\d{1,4}$/.exec(error.responseHeaders?.['retry-after'] ?? '')?.[0];
  const wait = asked === undefined ? FIRST_WAIT_MS * 2 ** attempt : Number(asked) * 1_000;
  return wait > MOST_WAIT_MS ? undefined : wait;
}

/** The SDK's fetch, by way of the guard: own headers only, bounded answer, no redirect keeps the key. */
function throughEgress(egress: EgressGuard, trace: ProviderOptions['traceparent']): typeof fetch {
  return async (input, init) => {
    const url = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
    const traceparent = trace?.();
    const headers = {
      ...Object.fromEntries(new Headers(init?.headers).entries()),
      ...(traceparent === undefined ? {} : { traceparent }),
    };
    const answer = await egress.read(url, {
      method: 'POST',
      headers,
      body: String(init?.body ?? ''),
      maxBytes: MOST_ANSWER_BYTES,
      timeoutMs: CALL_MS,
      ...(init?.signal === undefined || init.signal === null ? {} : { signal: init.signal }),
    });
    const { 'content-encoding': _decoded, 'content-length': _length, ...kept } = answer.headers;
    return new Response(Buffer.from(answer.body), { status: answer.status, headers: kept });
  };
}

/** Providers accept letters, digits, `_` and `-` in a tool's name; ours have a dot. */
function wireName(name: string): string {
  return name.replaceAll('.', '_');
}

async function generate(
  model: ReturnType<ReturnType<typeof createOpenAICompatible>['chatModel']>,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  const names = new Map(request.tools.map((spec) => [wireName(spec.name), spec.name]));
  const tools: ToolSet = Object.fromEntries(
    request.tools.map((spec) => [
      wireName(spec.name),
      tool({ description: spec.description, inputSchema: jsonSchema({ ...spec.parameters }) }),
    ]),
  );
  const [system, ...rest] = request.messages;
  const result = await generateText({
    model,
    ...(system?.role === 'system' ? { instructions: system.text } : {}),
    messages: rest.flatMap(toModelMessage),
    tools,
    maxOutputTokens: request.maxOutputTokens,
    maxRetries: 0,
    abortSignal: AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]),
  });
  // An endpoint that does not say what it used is charged what was held: else no budget would ever end its runs.
  const bound = boundOf(request);
  return {
    text: result.text,
    calls: result.toolCalls.map((call) => ({
      tool: names.get(call.toolName) ?? call.toolName,
      arguments: plainArguments(call.input),
    })),
    finishReason: result.finishReason,
    usage: {
      input: result.usage.inputTokens ?? bound.input,
      output: result.usage.outputTokens ?? bound.output,
      cached: result.usage.inputTokenDetails.cacheReadTokens ?? 0,
    },
  };
}

function toModelMessage(message: Message): ModelMessage[] {
  switch (message.role) {
    case 'system':
      return [];
    case 'user':
      return [{ role: 'user', content: message.text }];
    case 'assistant':
      return [
        {
          role: 'assistant',
          content: [
            ...(message.text === '' ? [] : [{ type: 'text' as const, text: message.text }]),
            ...message.calls.map((call) => ({
              type: 'tool-call' as const,
              toolCallId: call.callId,
              toolName: wireName(call.tool),
              input: call.arguments,
            })),
          ],
        },
      ];
    case 'tool':
      return [
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: message.callId,
              toolName: wireName(message.tool),
              output: { type: 'text', value: message.payload },
            },
          ],
        },
      ];
  }
}

/** Arguments as plain data of bounded depth. What is no object is kept as text, and no tool will take it. */
function plainArguments(input: unknown): Readonly<Record<string, unknown>> {
  if (input !== null && typeof input === 'object' && !Array.isArray(input) && depthOf(input) <= MOST_DEPTH)
    return input as Record<string, unknown>;
  return { unparsed: String(typeof input === 'string' ? input : JSON.stringify(input)).slice(0, 2_000) };
}

function depthOf(value: unknown): number {
  if (value === null || typeof value !== 'object') return 0;
  const levels: unknown[][] = [[value]];
  while (levels.length <= MOST_DEPTH + 1) {
    const next = (levels.at(-1) ?? []).flatMap((item) =>
      item !== null && typeof item === 'object' ? Object.values(item) : [],
    );
    if (next.length === 0) return levels.length - 1;
    levels.push(next);
  }
  return levels.length;
}

/** The provider's own words stay in the cause, for the log: they may quote the prompt or the key. */
function asModelError(error: unknown): ModelError {
  if (APICallError.isInstance(error)) {
    const { statusCode } = error;
    if (statusCode !== undefined && statusCode >= 400)
      return new ModelError(`The model provider answered with status ${statusCode}.`, {
        charged: statusCode < 500 || NOT_TAKEN_UP.has(statusCode) ? 'no' : 'unknown',
        retryable: error.isRetryable,
        cause: error,
      });
  }
  const refused = egressErrorIn(error);
  if (refused !== undefined)
    return new ModelError(`The model provider could not be reached: ${refused.publicMessage}`, {
      charged: refused.code === 'connect' || refused.code === 'address' || refused.code === 'dns' ? 'no' : 'unknown',
      retryable: true,
      cause: error,
    });
  return new ModelError('The model provider did not answer properly.', {
    charged: 'unknown',
    retryable: true,
    cause: error,
  });
}

function egressErrorIn(error: unknown): EgressError | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth++)
    if (at instanceof EgressError) return at;
  return undefined;
}
