// W3C Trace Context, level 1: `version-trace-parent-flags`. What a caller says about sampling is not obeyed: it is no right of a caller
// to make us record.

export interface Parent {
  readonly traceId: string;
  readonly spanId: string;
}

const FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

/** Undefined for everything that is not exactly one. */
export function parseTraceparent(text: string | undefined): Parent | undefined {
  const [, traceId = '', spanId = ''] = FORM.exec(text ?? '') ?? [];
  return traceId === '' || /^0+$/.test(traceId) || /^0+$/.test(spanId) ? undefined : { traceId, spanId };
}

export function formatTraceparent({ traceId, spanId }: Parent): string {
  return `00-${traceId}-${spanId}-01`;
}

/** The id of a request or a run is the id of its trace: 128 bits, so that nothing need be stored to find one by the other. */
export function traceIdOf(id: string): string {
  return id.replaceAll('-', '');
}
