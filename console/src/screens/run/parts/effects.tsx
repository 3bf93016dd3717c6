// What the run did to the world: each effect, what became of it, and what nobody knows.
import type { Effect } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useConsole, useMay } from '../../../api/console.ts';
import { effectsQuery } from '../../../api/queries.ts';
import { Button } from '../../../components/button.tsx';
import { InertLine } from '../../../components/inert.tsx';
import { Loading } from '../../../components/loading.tsx';
import { Moment } from '../../../components/moment.tsx';
import { EmptyNote, ProblemNote } from '../../../components/notes.tsx';
import { EffectState } from '../../../components/status.tsx';
import { Table } from '../../../components/table.tsx';
import { Facts } from '../../../events/renderer.tsx';
import { ResolveEffectPanel } from './resolve-effect.tsx';

const COLUMNS = [
  'State',
  'Tool',
  'Key',
  'A repeat',
  { name: 'Attempts', number: true },
  { name: 'Claimed', number: true },
  { name: 'Settled', number: true },
  { name: 'Actions', quiet: true },
];

const MEANS: Readonly<Record<string, string>> = {
  claimed: 'It was begun, and its end is not known yet.',
  done: 'It happened.',
  failed: 'It did not happen.',
  unknown:
    'Nobody knows whether it happened: the work stopped between its start and its end. It is not begun again by itself; a person has to look.',
};

export function EffectFacts({ effect }: { readonly effect: Effect }) {
  return (
    <div className="stack">
      <div>
        <EffectState state={effect.state} />
      </div>
      {MEANS[effect.state] !== undefined && <p>{MEANS[effect.state]}</p>}
      <Facts
        of={{
          Key: <code>{effect.key}</code>,
          Attempt: effect.attempt,
          'A repeat': effect.idempotent ? 'does nothing twice' : 'could happen twice, so there is none',
          Claimed: <Moment time={effect.claimed_at} />,
          Settled: effect.settled_at === null ? 'not yet' : <Moment time={effect.settled_at} />,
        }}
      />
    </div>
  );
}

function EffectTable({ effects }: { readonly effects: readonly Effect[] }) {
  const mayDecide = useMay('approvals:decide');
  const [settling, setSettling] = useState<Effect>();
  return (
    <>
      <Table label="Effects" columns={COLUMNS}>
        {effects.map((effect) => (
          <tr key={effect.key}>
            <td>
              <EffectState state={effect.state} />
            </td>
            <td className="fact">
              <InertLine text={effect.tool} most={60} />
            </td>
            <td className="mono">
              <InertLine text={effect.key} most={60} />
            </td>
            <td className="fact">{effect.idempotent ? 'does nothing twice' : 'could happen twice'}</td>
            <td className="number">{effect.attempt}</td>
            <td className="number">
              <Moment time={effect.claimed_at} />
            </td>
            <td className="number">{effect.settled_at === null ? 'not yet' : <Moment time={effect.settled_at} />}</td>
            <td className="number">
              {mayDecide && effect.state === 'unknown' && (
                <Button kind="quiet" aria-label={`Settle ${effect.key}`} onPress={() => setSettling(effect)}>
                  Settle
                </Button>
              )}
            </td>
          </tr>
        ))}
      </Table>
      {settling !== undefined && <ResolveEffectPanel effect={settling} onClose={() => setSettling(undefined)} />}
    </>
  );
}

const RANK: Readonly<Record<string, number>> = { unknown: 0, claimed: 1 };

export function Effects({ runId }: { readonly runId: string }) {
  const { api } = useConsole();
  const effects = useQuery(effectsQuery(api, runId));
  if (effects.isPending) return <Loading what="the effects" />;
  if (effects.isError) return <ProblemNote error={effects.error} retry={() => void effects.refetch()} />;
  if (effects.data.length === 0)
    return (
      <EmptyNote>No effect. A call that reaches out or changes something is written here before it begins.</EmptyNote>
    );
  const order = effects.data.toSorted(
    (one, other) => (RANK[one.state] ?? 2) - (RANK[other.state] ?? 2) || (one.claimed_at < other.claimed_at ? -1 : 1),
  );
  return <EffectTable effects={order} />;
}
