// How a screen hears of changes: a run's log, the runs that changed, and whether the stream stands.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { useConsole, useSession } from '../api/console.ts';
import type { HubState } from './hub.ts';
import { RunLog } from './run-log.ts';

const AGAIN_MS = 500;
const LOOK_AGAIN_MS = 15_000;

export function useHubState(): HubState {
  const { hub } = useSession();
  return useSyncExternalStore(hub.onState, hub.state);
}

/** The log of a run, live while this component is shown. */
export function useRunLog(runId: string, live: boolean): RunLog {
  const { api } = useConsole();
  const { hub } = useSession();
  const state = useHubState();
  const log = useMemo(() => new RunLog(api, runId), [api, runId]);
  useEffect(() => {
    let stop = (): void => undefined;
    let left = false;
    // Watched from where the pages ended; read once more, for what came between the two.
    void log.fill().then(() => {
      if (left || !live) return;
      stop = hub.watchRun(runId, log.seen, (event) => log.accept(event));
      void log.fill();
    });
    return () => {
      left = true;
      stop();
    };
  }, [hub, log, runId, live]);
  useEffect(() => () => log.close(), [log]);
  // Whatever happened while the stream was away is in the log of the server.
  useEffect(() => {
    if (state === 'live' && live) void log.fill();
  }, [state, live, log]);
  return log;
}

/** Asks the lists again when runs change, gathered; and by itself now and then, should a word have been lost. */
export function useLiveRuns(): void {
  const { hub } = useSession();
  const queries = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = (): void => {
      timer = undefined;
      for (const key of ['runs', 'approvals', 'approval']) void queries.invalidateQueries({ queryKey: [key] });
    };
    const stop = hub.watchRuns((id) => {
      void queries.invalidateQueries({ queryKey: ['run', id] });
      timer ??= setTimeout(refresh, AGAIN_MS);
    });
    const slow = setInterval(refresh, LOOK_AGAIN_MS);
    return () => {
      stop();
      clearTimeout(timer);
      clearInterval(slow);
    };
  }, [hub, queries]);
}
