import type { Artifact } from '@sallyport/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useConsole } from '../../api/console.ts';
import { artifactsQuery } from '../../api/queries.ts';
import { InertLine } from '../../components/inert.tsx';
import { Loading } from '../../components/loading.tsx';
import { bytes, Moment } from '../../components/moment.tsx';
import { More } from '../../components/more.tsx';
import { EmptyNote, ProblemNote } from '../../components/notes.tsx';
import { Origin } from '../../components/origin.tsx';
import { Table } from '../../components/table.tsx';
import { PageHead } from '../../frame/page-head.tsx';

const COLUMNS = ['Name', 'Type', 'Origin', { name: 'Size', number: true }, { name: 'Stored', number: true }];

function ArtifactTable({ artifacts }: { readonly artifacts: readonly Artifact[] }) {
  return (
    <Table label="Artifacts" columns={COLUMNS}>
      {artifacts.map((artifact) => (
        <tr key={artifact.id}>
          <td>
            <Link to="/artifacts/$id" params={{ id: artifact.id }} data-row>
              <InertLine text={artifact.name} most={80} />
            </Link>
          </td>
          <td>
            <InertLine text={artifact.media_type} most={60} />
          </td>
          <td>
            <Origin integrity={artifact.integrity} confidentiality={artifact.confidentiality} />
          </td>
          <td className="number">{bytes(artifact.bytes)}</td>
          <td className="number">
            <Moment time={artifact.created_at} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

/** The artifacts of the tenant, or of one run. */
export function ArtifactList({ runId, empty }: { readonly runId?: string; readonly empty: string }) {
  const { api } = useConsole();
  const artifacts = useInfiniteQuery(artifactsQuery(api, runId));
  if (artifacts.isPending) return <Loading what="the artifacts" />;
  if (artifacts.isError) return <ProblemNote error={artifacts.error} retry={() => void artifacts.refetch()} />;
  if (artifacts.data.length === 0) return <EmptyNote>{empty}</EmptyNote>;
  return (
    <div className="stack">
      <ArtifactTable artifacts={artifacts.data} />
      <More
        has={artifacts.hasNextPage}
        busy={artifacts.isFetchingNextPage}
        onMore={() => void artifacts.fetchNextPage()}
      />
    </div>
  );
}

export function Artifacts() {
  return (
    <>
      <PageHead title="Artifacts" />
      <ArtifactList empty="No artifact yet. Runs store what they read and write here, and so do uploads." />
    </>
  );
}
