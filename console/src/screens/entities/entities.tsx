import type { Entity } from '@sallyport/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useConsole } from '../../api/console.ts';
import { entitiesQuery } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { Choice } from '../../components/choice.tsx';
import { InertLine } from '../../components/inert.tsx';
import { Loading } from '../../components/loading.tsx';
import { Moment } from '../../components/moment.tsx';
import { More } from '../../components/more.tsx';
import { EmptyNote, ProblemNote } from '../../components/notes.tsx';
import { Origin } from '../../components/origin.tsx';
import { Table } from '../../components/table.tsx';
import { ArtifactLink } from '../../events/links.tsx';
import { PageHead } from '../../frame/page-head.tsx';

const COLUMNS = ['Entity', 'Type', 'Origin', 'Evidence', { name: 'Found', number: true }];

const ANY = 'any';
const TYPES = [
  { id: ANY, name: 'Any type' },
  { id: 'page', name: 'page' },
  { id: 'document', name: 'document' },
];

/** The title of a known type; otherwise the first text that there is. Always plain text. */
function titleOf({ attributes }: Entity): string {
  const { title } = attributes;
  if (typeof title === 'string' && title !== '') return title;
  return Object.values(attributes).find((value): value is string => typeof value === 'string') ?? '';
}

function Attributes({ entity }: { readonly entity: Entity }) {
  return (
    <details>
      <summary>
        <InertLine text={titleOf(entity)} most={120} />
      </summary>
      <dl className="facts attributes">
        {Object.entries(entity.attributes).map(([name, value]) => (
          <div key={name} className="fact-pair">
            <dt>
              <InertLine text={name} most={60} />
            </dt>
            <dd>
              <InertLine text={typeof value === 'string' ? value : JSON.stringify(value)} most={4_000} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function EntityTable({ entities }: { readonly entities: readonly Entity[] }) {
  return (
    <Table label="Entities" columns={COLUMNS}>
      {entities.map((entity) => (
        <tr key={entity.id}>
          <td>
            <Attributes entity={entity} />
          </td>
          <td className="fact">
            {entity.type}@{entity.version}
          </td>
          <td className="fact">
            <Origin integrity={entity.integrity} confidentiality={entity.confidentiality} />
          </td>
          <td className="fact">
            {entity.evidence.map((id) => (
              <div key={id}>
                <ArtifactLink id={id} />
              </div>
            ))}
            <Link to="/runs/$id" params={{ id: entity.run_id }}>
              its run
            </Link>
          </td>
          <td className="number">
            <Moment time={entity.created_at} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

/** The entities of the tenant, or of one run. */
export function EntityList({
  runId,
  type,
  empty,
}: {
  readonly runId?: string;
  readonly type?: string;
  readonly empty: string;
}) {
  const { api } = useConsole();
  const navigate = useNavigate();
  const entities = useInfiniteQuery(entitiesQuery(api, runId, type));
  if (entities.isPending) return <Loading what="the entities" />;
  if (entities.isError) return <ProblemNote error={entities.error} retry={() => void entities.refetch()} />;
  if (entities.data.length === 0 && type !== undefined)
    return (
      <EmptyNote action={<Button onPress={() => void navigate({ to: '/entities' })}>Show all entities</Button>}>
        No entity is of this type.
      </EmptyNote>
    );
  if (entities.data.length === 0) return <EmptyNote>{empty}</EmptyNote>;
  return (
    <div className="stack">
      <EntityTable entities={entities.data} />
      <More
        has={entities.hasNextPage}
        busy={entities.isFetchingNextPage}
        onMore={() => void entities.fetchNextPage()}
      />
    </div>
  );
}

export function Entities() {
  const { type } = useSearch({ from: '/frame/entities' });
  const navigate = useNavigate();
  const choose = (id: string): void =>
    void navigate({ to: '/entities', search: id === ANY ? {} : { type: id }, replace: true });
  return (
    <>
      <PageHead title="Entities" />
      <div className="filters">
        <div data-filter>
          <Choice label="Type" quiet options={TYPES} value={type ?? ANY} onChange={choose} />
        </div>
      </div>
      <EntityList
        {...(type === undefined ? {} : { type })}
        empty="No entity yet. Runs save the structured things that they find here, each with its evidence."
      />
    </>
  );
}
