import { useQuery } from '@tanstack/react-query';
import { useConsole } from '../api/console.ts';
import { heldQuery, postureQuery } from '../api/queries.ts';

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

const MANY = 99;

/** How many calls wait for a person. */
export function HeldMark() {
  const { api } = useConsole();
  const { data = 0 } = useQuery(heldQuery(api));
  if (data === 0) return null;
  return (
    <span className="nav-mark" data-held>
      {data > MANY ? `${MANY}+` : data}
      <span className="hidden"> held</span>
    </span>
  );
}
