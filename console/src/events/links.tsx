import { Link } from '@tanstack/react-router';
import { shortId } from '../components/short-id.ts';

export function ArtifactLink({ id }: { readonly id: string }) {
  return (
    <Link to="/artifacts/$id" params={{ id }} className="mono">
      artifact {shortId(id)}
    </Link>
  );
}
