import { useEffect, useState } from 'react';
import { countdown } from './count-down.ts';
import { exactTime } from './moment.tsx';

/** How long until then, counting; the clock time on focus and hover. */
export function Countdown({ to }: { readonly to: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const time = new Date(to).toISOString();
  return (
    <time className="number" dateTime={time} title={exactTime(time)}>
      {countdown(to - now)}
    </time>
  );
}
