// One artifact: what it is, where it came from, and its content as text or as a picture, never as markup.
import type { Artifact } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useConsole } from '../../api/console.ts';
import { artifactQuery } from '../../api/queries.ts';
import { Ident } from '../../components/ident.tsx';
import { Inert, InertLine } from '../../components/inert.tsx';
import { Loading } from '../../components/loading.tsx';
import { bytes, Moment } from '../../components/moment.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { Origin } from '../../components/origin.tsx';
import { shortId } from '../../components/short-id.ts';
import { Facts } from '../../events/renderer.tsx';
import { PageHead } from '../../frame/page-head.tsx';
import { previewOf, readPreview } from './preview.ts';

export function ArtifactPage() {
  const { api, base } = useConsole();
  const { id } = useParams({ from: '/frame/artifacts/$id' });
  const { data: artifact, error, isPending, refetch } = useQuery(artifactQuery(api, id));
  if (artifact === undefined)
    return (
      <>
        <PageHead title="Artifact" window={`Artifact ${shortId(id)}`} />
        {isPending ? <Loading what="the artifact" /> : <ProblemNote error={error} retry={() => void refetch()} />}
      </>
    );
  return (
    <>
      <PageHead title={artifact.name} window={`Artifact ${shortId(id)}`}>
        <a className="button" href={`${base}v1/artifacts/${id}/content`} download={artifact.name}>
          Download
        </a>
      </PageHead>
      <Facts
        of={{
          Origin: <Origin integrity={artifact.integrity} confidentiality={artifact.confidentiality} />,
          Type: <InertLine text={artifact.media_type} />,
          Size: bytes(artifact.bytes),
          'Data class': artifact.data_class,
          Stored: <Moment time={artifact.created_at} />,
          Run:
            artifact.run_id === null ? (
              ''
            ) : (
              <Link to="/runs/$id" params={{ id: artifact.run_id }} className="mono">
                {shortId(artifact.run_id)}
              </Link>
            ),
          Sources: artifact.sources.map((source) => (
            <div key={source}>
              <InertLine text={source} />
            </div>
          )),
          'SHA-256': <Ident id={artifact.sha256} what="digest" />,
          Id: <Ident id={artifact.id} what="artifact id" />,
        }}
      />
      <h2>Content</h2>
      <Preview artifact={artifact} />
    </>
  );
}

function Preview({ artifact }: { readonly artifact: Artifact }) {
  const { api } = useConsole();
  const kind = previewOf(artifact);
  const content = useQuery({
    queryKey: ['content', artifact.id],
    queryFn: async ({ signal }) =>
      readPreview(kind, artifact.media_type, await api.artifacts.content(artifact.id, signal)),
    enabled: kind === 'text' || kind === 'picture',
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  if (kind === 'large') return <p>Too large to be shown here. Download it to read it.</p>;
  if (kind === 'none')
    return <p>This kind of file is not shown here. Download it, and open it as what it is: a file from outside.</p>;
  if (content.isPending) return <Loading what="the content" />;
  if (content.isError) return <ProblemNote error={content.error} retry={() => void content.refetch()} />;
  if (kind === 'picture') return <img className="picture" src={content.data} alt={`Content of ${artifact.name}`} />;
  return (
    <Inert
      text={content.data}
      label={artifact.integrity === 'trusted' ? 'Shown as plain text' : 'From an untrusted source, shown as plain text'}
    />
  );
}
