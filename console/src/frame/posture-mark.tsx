import { useQuery } from '@tanstack/react-query';
import { useConsole } from '../api/console.ts';
import { postureQuery } from '../api/queries.ts';

/** How many promises hold at least at the baseline, of how many. */
export function PostureMark() {
  const { api } = useConsole();
  const { data } = useQuery(postureQuery(api));
  if (data === undefined) return null;
  const holding = data.promises.filter(({ rung }) => rung !== 'below_baseline').length;
  return (
    <span className="nav-mark" data-full={holding === data.promises.length}>
      {holding}/{data.promises.length}
    </span>
  );
}
