// A span that has ended, and its form on the wire (opentelemetry-proto 1.x, JSON encoding: ids in hexadecimal, 64-bit numbers as text).

/** The outer door: what a span may say. Names are those of the semantic conventions where there is one. */
export interface Attributes {
  readonly 'http.request.method'?: string | undefined;
  /** The pattern of the route, never the path that was asked for. */
  readonly 'http.route'?: string | undefined;
  readonly 'http.response.status_code'?: number | undefined;
  readonly 'error.type'?: string | undefined;
  readonly 'gen_ai.operation.name'?: 'chat' | 'execute_tool' | 'invoke_agent' | undefined;
  readonly 'gen_ai.request.model'?: string | undefined;
  readonly 'gen_ai.usage.input_tokens'?: number | undefined;
  readonly 'gen_ai.usage.output_tokens'?: number | undefined;
  readonly 'gen_ai.tool.name'?: string | undefined;
  readonly 'gen_ai.tool.call.id'?: string | undefined;
  readonly 'sallyport.tenant_id'?: string | undefined;
  readonly 'sallyport.user_id'?: string | undefined;
  readonly 'sallyport.key_id'?: string | undefined;
  readonly 'sallyport.request_id'?: string | undefined;
  readonly 'sallyport.run_id'?: string | undefined;
  readonly 'sallyport.step'?: number | undefined;
}

const NAMES: ReadonlySet<string> = new Set<keyof Attributes>([
  ...(['http.request.method', 'http.route', 'http.response.status_code', 'error.type', 'sallyport.step'] as const),
  ...(['gen_ai.operation.name', 'gen_ai.request.model', 'gen_ai.usage.input_tokens', 'gen_ai.tool.name'] as const),
  ...(['gen_ai.usage.output_tokens', 'gen_ai.tool.call.id', 'sallyport.tenant_id', 'sallyport.user_id'] as const),
  ...(['sallyport.key_id', 'sallyport.request_id', 'sallyport.run_id'] as const),
]);
const MOST_VALUE = 300;

export type SpanKind = 'internal' | 'server' | 'client';
const KINDS: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3 };

export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  /** Milliseconds since 1970, with fractions. */
  readonly began: number;
  readonly ended: number;
  readonly failed: boolean;
  readonly attributes: Attributes;
}

const nanoseconds = (milliseconds: number): string => String(BigInt(Math.round(milliseconds * 1_000)) * 1_000n);

/** What is not on the list is dropped here too, whatever the types were made to say. */
export function wireForm(span: FinishedSpan, clean: (fields: object) => object): object {
  const listed = Object.entries(span.attributes).filter(([name, value]) => NAMES.has(name) && value !== undefined);
  const cleaned = clean({ name: span.name, ...Object.fromEntries(listed) });
  const { name, ...attributes } = cleaned as Record<string, unknown>;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentId === undefined ? {} : { parentSpanId: span.parentId }),
    name: typeof name === 'string' ? name.slice(0, MOST_VALUE) : 'span',
    kind: KINDS[span.kind],
    startTimeUnixNano: nanoseconds(span.began),
    endTimeUnixNano: nanoseconds(span.ended),
    attributes: Object.entries(attributes).map(([key, value]) => ({
      key,
      value: Number.isSafeInteger(value)
        ? { intValue: String(value) }
        : { stringValue: String(value).slice(0, MOST_VALUE) },
    })),
    status: { code: span.failed ? 2 : 0 },
  };
}
