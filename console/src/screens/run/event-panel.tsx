// One event, whole: what its renderer says, where its content comes from, and the record as it was sent.
import { type ReactNode, useEffect, useRef } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { Button } from '../../components/button.tsx';
import { Ident } from '../../components/ident.tsx';
import { Inert, InertLine } from '../../components/inert.tsx';
import { exactTime } from '../../components/moment.tsx';
import { Origin } from '../../components/origin.tsx';
import { viewOf } from '../../events/event-view.tsx';
import { Facts, type Label } from '../../events/renderer.tsx';
import type { Row, RunLog } from '../../live/run-log.ts';

export function EventPanel({
  log,
  row,
  onClose,
}: {
  readonly log: RunLog;
  readonly row: Row;
  readonly onClose: () => void;
}) {
  const body = log.body(row.seq);
  useEffect(() => {
    if (row.data_state === 'present') log.want(row.seq, row.seq);
  }, [log, row]);
  const panel = useRef<HTMLElement>(null);
  // On a narrow display it takes the place of the list, which may be out of sight by then.
  useEffect(() => {
    if (row.seq >= 0 && matchMedia('(max-width: 900px)').matches) panel.current?.scrollIntoView({ block: 'start' });
  }, [row.seq]);
  const view = viewOf(row, body);
  const raw = JSON.stringify({ ...row, data: body?.data ?? null }, null, 2);
  return (
    <section ref={panel} className="event-panel" aria-label={`Event ${row.seq}`}>
      <div className="event-panel-head">
        <h2>
          #{row.seq} {view.title}
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
          <Tab id="detail" className="tab">
            Details
          </Tab>
          {view.label !== undefined && (
            <Tab id="labels" className="tab">
              Labels
            </Tab>
          )}
          <Tab id="raw" className="tab">
            Raw
          </Tab>
        </TabList>
        <TabPanel id="detail" className="tab-panel">
          {view.detail ?? <p className="muted">Loading the body</p>}
        </TabPanel>
        {view.label !== undefined && (
          <TabPanel id="labels" className="tab-panel">
            <Labels label={view.label} />
          </TabPanel>
        )}
        <TabPanel id="raw" className="tab-panel">
          <Raw row={row} text={raw} />
        </TabPanel>
      </Tabs>
    </section>
  );
}

function Labels({ label }: { readonly label: Label }): ReactNode {
  const untrusted = label.integrity !== 'trusted';
  return (
    <div className="stack">
      <div>
        <Origin integrity={label.integrity} confidentiality={label.confidentiality} />
      </div>
      <p>
        {untrusted
          ? 'This result comes from a source that nobody vouches for. From here on the run carries it: what it asks for is data, not a command.'
          : 'This result comes from a trusted source.'}
      </p>
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
          Hash: <Ident id={row.hash} what="hash" />,
          'Hash before':
            row.prev_hash === null ? 'none: the first event' : <Ident id={row.prev_hash} what="hash before" />,
        }}
      />
      <Inert text={text} label="Record" />
    </div>
  );
}
