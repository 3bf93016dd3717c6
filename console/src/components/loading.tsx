import { useEffect, useState } from 'react';
import { Doors } from './doors.tsx';

const LONG_MS = 5_000;

/** Nothing for 300 ms (by CSS), then the doors, after 5 s a sentence. */
export function Loading({ what }: { readonly what: string }) {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="loading" role="status">
      <Doors />
      <span className={long ? '' : 'hidden'}>
        {long ? `Still loading ${what}; the server takes its time.` : `Loading ${what}`}
      </span>
    </div>
  );
}
