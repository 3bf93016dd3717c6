// Chooses how an event is shown: by its exact type and version, and when its body is not that shape, as unknown.
// An unknown event is a neutral card: its own words as text, no status, no buttons.
import type { ReactNode } from 'react';
import { Inert, InertLine } from '../components/inert.tsx';
import type { Body, Row } from '../live/run-log.ts';
import { DECISION_EVENTS } from './decision-events.tsx';
import type { Label, Renderer, Tone } from './renderer.tsx';
import { RUN_EVENTS } from './run-events.tsx';
import { maybe, shape, text } from './shape.ts';
import { TOOL_EVENTS } from './tool-events.tsx';

const RENDERERS: ReadonlyMap<string, Renderer> = new Map([
  ...Object.entries(RUN_EVENTS),
  ...Object.entries(TOOL_EVENTS),
  ...Object.entries(DECISION_EVENTS),
]);

export interface EventView {
  readonly title: string;
  readonly tone: Tone | 'attention';
  readonly line: ReactNode;
  readonly detail: ReactNode;
  readonly label: Label | undefined;
  readonly known: boolean;
}

/**
 * What the row of an event shows before its body came, and after.
 * `checks` is false in a proof alone: then a renderer is taken by its name, whatever the body is, as a careless reader would.
 */
export function viewOf(row: Row, body: Body | undefined, checks = true): EventView {
  const found = RENDERERS.get(`${row.type}@${row.version}`);
  if (found === undefined) return unknown(row, body);
  const { title, tone } = found;
  if (row.data_state !== 'present') {
    const gone = <span className="muted">its body is {removedWord(row.data_state)}</span>;
    return { title, tone, line: gone, detail: <Removed state={row.data_state} />, label: undefined, known: true };
  }
  if (body === undefined) return { title, tone, line: null, detail: null, label: undefined, known: true };
  const drawn = found.render(body.data);
  if (drawn === undefined && checks) return unknown(row, body);
  return { title, tone, line: drawn?.line, detail: drawn?.detail, label: drawn?.label, known: true };
}

function removedWord(state: string): string {
  return ['expired', 'redacted', 'erased'].includes(state) ? state : 'not here';
}

function Removed({ state }: { readonly state: string }) {
  return <p>The body of this event is {removedWord(state)}. The chain holds a commitment to it and still verifies.</p>;
}

/** Text, never markup; a server of another release may send any shape. */
function fallbackText(fallback: unknown): string {
  const read = shape({ title: maybe(text), text: maybe(text) })(fallback);
  return [read?.title, read?.text]
    .filter((one) => typeof one === 'string')
    .join(': ')
    .slice(0, 1_000);
}

function unknown(row: Row, body: Body | undefined): EventView {
  const attention = /^(?:tool\.call|policy)\./.test(row.type);
  const said = row.data_state === 'present' && body !== undefined ? (JSON.stringify(body.data, null, 2) ?? '') : '';
  return {
    title: `${row.type.slice(0, 100)}@${row.version}`,
    tone: attention ? 'attention' : 'plain',
    line: 'not known to this console',
    known: false,
    label: undefined,
    detail: (
      <div className="stack">
        <p>
          This console does not know <InertLine text={`${row.type}@${row.version}`} />: the server is newer, or the body
          has another shape than its version promises.{' '}
          {attention ? 'It concerns a call or a policy: look at it before you go on.' : ''}
        </p>
        {row.fallback !== undefined && <Inert text={fallbackText(row.fallback)} label="What the server says of it" />}
        {said !== '' && <Inert text={said} label="Body" />}
      </div>
    ),
  };
}
