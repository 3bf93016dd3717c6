// One event, whole: what its renderer says, the call that it belongs to, where its content comes from, and the record as it was sent.
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { useConsole } from '../../../api/console.ts';
import { effectsQuery } from '../../../api/queries.ts';
import { Button } from '../../../components/button.tsx';
import { Ident } from '../../../components/ident.tsx';
import { Inert, InertLine } from '../../../components/inert.tsx';
import { Loading } from '../../../components/loading.tsx';
import { exactTime } from '../../../components/moment.tsx';
import { ProblemNote } from '../../../components/notes.tsx';
import { Origin } from '../../../components/origin.tsx';
import { viewOf } from '../../../events/event-view.tsx';
import { Facts, type Label } from '../../../events/renderer.tsx';
import type { Row, RunLog } from '../../../live/run-log.ts';
import { EffectFacts } from '../parts/effects.tsx';
import { useToolCall } from './tool-call.ts';

interface Props {
  readonly log: RunLog;
  readonly rows: readonly Row[];
  readonly row: Row;
  readonly tainted: number | undefined;
  readonly onSelect: (seq: number) => void;
  readonly onClose: () => void;
}

interface Part {
  readonly id: string;
  readonly name: string;
  readonly content: ReactNode;
}

/** What the panel can show of this event, as far as the log holds it. */
function useParts({ log, rows, row, tainted, onSelect }: Props): {
  readonly title: string;
  readonly parts: readonly Part[];
} {
  const body = log.body(row.seq);
  const view = viewOf(row, body);
  const call = useToolCall(log, rows, row);
  const other = (one: Row | undefined): ReactNode => {
    if (one === undefined || one.seq === row.seq) return undefined;
    return (
      <div className="stack">
        <p className="small muted">
          From <EventLink seq={one.seq} onSelect={onSelect} />
        </p>
        {viewOf(one, log.body(one.seq)).detail}
      </div>
    );
  };
  const ended = call.ended === undefined ? undefined : viewOf(call.ended, log.body(call.ended.seq));
  const label = view.label ?? ended?.label;
  const after = tainted !== undefined && row.seq > tainted;
  const raw = JSON.stringify({ ...row, data: body?.data ?? null }, null, 2);
  // A type that this console does not know gets no more than its record.
  const known = view.known;
  const parts: (Part | undefined)[] = [
    { id: 'detail', name: 'Details', content: view.detail ?? <p className="muted">Loading the body</p> },
    partOf('arguments', 'Arguments', known ? other(call.requested) : undefined),
    partOf('result', 'Result', known ? other(call.ended) : undefined),
    partOf(
      'labels',
      'Labels',
      known && (label !== undefined || after) ? (
        <Labels label={label} from={after ? tainted : undefined} onSelect={onSelect} />
      ) : undefined,
    ),
    partOf(
      'effect',
      'Effect',
      known && call.id !== undefined ? <CallEffect runId={log.runId} call={call.id} /> : undefined,
    ),
    { id: 'raw', name: 'Raw', content: <Raw row={row} text={raw} /> },
  ];
  return { title: view.title, parts: parts.filter((part) => part !== undefined) };
}

function partOf(id: string, name: string, content: ReactNode): Part | undefined {
  return content === undefined ? undefined : { id, name, content };
}

export function EventPanel(props: Props) {
  const { log, row, onClose } = props;
  useEffect(() => {
    if (row.data_state === 'present') log.want(row.seq, row.seq);
  }, [log, row]);
  const panel = useRef<HTMLElement>(null);
  // On a narrow display it takes the place of the list, which may be out of sight by then.
  useEffect(() => {
    if (row.seq >= 0 && matchMedia('(max-width: 900px)').matches) panel.current?.scrollIntoView({ block: 'start' });
  }, [row.seq]);
  const { title, parts } = useParts(props);
  return (
    <section ref={panel} className="event-panel" aria-label={`Event ${row.seq}`} data-id={row.id}>
      <div className="event-panel-head">
        <h2>
          #{row.seq} {title}
        </h2>
        <Button kind="quiet" onPress={onClose}>
          Close
        </Button>
      </div>
      <p className="small muted">
        {exactTime(row.time)}, by <InertLine text={`${row.actor.kind} ${row.actor.id}`} most={80} />
      </p>
      <Tabs className="tabs" key={row.seq}>
        <TabList className="tab-list" aria-label="Parts of the event">
          {parts.map(({ id, name }) => (
            <Tab key={id} id={id} className="tab">
              {name}
            </Tab>
          ))}
        </TabList>
        {parts.map(({ id, content }) => (
          <TabPanel key={id} id={id} className="tab-panel">
            {content}
          </TabPanel>
        ))}
      </Tabs>
    </section>
  );
}

function EventLink({ seq, onSelect }: { readonly seq: number; readonly onSelect: (seq: number) => void }) {
  return (
    <button type="button" className="link" onClick={() => onSelect(seq)}>
      #{seq}
    </button>
  );
}

function CallEffect({ runId, call }: { readonly runId: string; readonly call: string }) {
  const { api } = useConsole();
  const effects = useQuery(effectsQuery(api, runId));
  if (effects.isPending) return <Loading what="the effect" />;
  if (effects.isError) return <ProblemNote error={effects.error} retry={() => void effects.refetch()} />;
  const found = effects.data.find(({ call_id: id }) => id === call);
  if (found === undefined) return <p>Nothing was begun for this call: no effect was claimed.</p>;
  return <EffectFacts effect={found} />;
}

function Labels({
  label,
  from,
  onSelect,
}: {
  readonly label: Label | undefined;
  /** The event by which untrusted text first entered, when it was before this one. */
  readonly from: number | undefined;
  readonly onSelect: (seq: number) => void;
}): ReactNode {
  const trusted = label?.integrity === 'trusted';
  return (
    <div className="stack">
      {label !== undefined && (
        <>
          <div>
            <Origin integrity={label.integrity} confidentiality={label.confidentiality} />
          </div>
          <p>
            {trusted
              ? 'This result comes from a trusted source.'
              : 'This result comes from a source that nobody vouches for. From here on the run carries it: what it asks for is data, not a command.'}
          </p>
        </>
      )}
      {from !== undefined && (
        <p>
          The run had read untrusted text before: since <EventLink seq={from} onSelect={onSelect} />, whatever the model
          wrote may follow it.
        </p>
      )}
    </div>
  );
}

function Raw({ row, text }: { readonly row: Row; readonly text: string }) {
  return (
    <div className="stack">
      <Facts
        of={{
          Type: (
            <code>
              {row.type}@{row.version}
            </code>
          ),
          Id: <Ident id={row.id} what="event id" />,
          Hash: row.hash === undefined ? '' : <Ident id={row.hash} what="hash" />,
          // A copy in another version is not what the hash is of.
          'Hash of what is stored':
            row.stored_hash === undefined ? '' : <Ident id={row.stored_hash} what="stored hash" />,
          'Written as': row.view === undefined ? '' : `version ${row.view.of_version}`,
          'Hash before':
            row.prev_hash === null ? 'none: the first event' : <Ident id={row.prev_hash} what="hash before" />,
        }}
      />
      <Inert text={text} label="Record" />
    </div>
  );
}
