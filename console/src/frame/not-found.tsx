import { Link } from '@tanstack/react-router';
import { EmptyNote } from '../components/notes.tsx';

export function NotFound() {
  return (
    <main className="sign-in">
      <h1>There is no such page</h1>
      <EmptyNote action={<Link to="/runs">Go to the runs</Link>}>
        The address may be of another release, or mistyped.
      </EmptyNote>
    </main>
  );
}
