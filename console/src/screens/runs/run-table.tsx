import type { RunSummary } from '@sallyport/contracts';
import { Link } from '@tanstack/react-router';
import type { KeyboardEvent } from 'react';
import { InertLine } from '../../components/inert.tsx';
import { Moment } from '../../components/moment.tsx';
import { money } from '../../components/money.ts';
import { shortId } from '../../components/short-id.ts';
import { Status, UnknownEffects } from '../../components/status.tsx';
import { Table } from '../../components/table.tsx';
import { Peek } from './peek.tsx';

const COLUMNS = [
  'State',
  'Run',
  'Skill',
  'Model',
  { name: 'Calls', number: true },
  { name: 'Cost', number: true },
  { name: 'Started', number: true },
];

interface RowProps {
  readonly run: RunSummary;
  readonly pinned: boolean;
  readonly peeked: boolean;
  readonly onPeek: () => void;
}

function RunRow({ run, pinned, peeked, onPeek }: RowProps) {
  const press = (event: KeyboardEvent): void => {
    if (event.key !== ' ') return;
    event.preventDefault();
    onPeek();
  };
  return (
    <>
      <tr data-id={run.id} data-pinned={pinned}>
        <td>
          <span className="row states">
            <Status status={run.status} />
            <UnknownEffects count={run.unknown_effects} />
          </span>
        </td>
        <td className="fact">
          <button
            type="button"
            className="peek-button"
            aria-expanded={peeked}
            aria-label={`Peek at ${shortId(run.id)}`}
            onClick={onPeek}
          >
            <svg width={14} height={14} viewBox="0 0 14 14" aria-hidden>
              <path d="M5 3l4 4-4 4" fill="none" stroke="currentColor" strokeWidth={1.5} />
            </svg>
          </button>
          <Link to="/runs/$id" params={{ id: run.id }} className="mono" data-row onKeyDown={press}>
            {shortId(run.id)}
          </Link>
        </td>
        <td className="fact">{run.skill}</td>
        <td>
          <InertLine text={run.model} most={40} />
        </td>
        <td className="number">{run.usage.calls}</td>
        <td className="number">{money(run.usage.cost)}</td>
        <td className="number">
          <Moment time={run.created_at} />
        </td>
      </tr>
      {peeked && (
        <tr className="peek-row">
          <td colSpan={COLUMNS.length}>
            <Peek run={run} />
          </td>
        </tr>
      )}
    </>
  );
}

export function RunTable({
  pinned,
  runs,
  peeked,
  onPeek,
}: {
  readonly pinned: readonly RunSummary[];
  readonly runs: readonly RunSummary[];
  readonly peeked: string | undefined;
  readonly onPeek: (id: string | undefined) => void;
}) {
  return (
    <Table label="Runs" columns={COLUMNS}>
      {[...pinned, ...runs].map((run, at) => (
        <RunRow
          key={run.id}
          run={run}
          pinned={at < pinned.length}
          peeked={peeked === run.id}
          onPeek={() => onPeek(peeked === run.id ? undefined : run.id)}
        />
      ))}
    </Table>
  );
}
