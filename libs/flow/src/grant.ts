// The grant of a run: what it may do, fixed before the first untrusted byte. Anything else is refused unseen (R7, R14).

import { isOnHosts } from './urls.ts';

export interface Grant {
  readonly tools: readonly { readonly tool: string; readonly count?: number }[];
  /** `host:port`, or `*.name:port` for any name below it. */
  readonly hosts: readonly string[];
  /** Normalised URLs that a person stated. */
  readonly urls: readonly string[];
  /** Artifacts that a person named. */
  readonly artifacts: readonly string[];
  readonly entityTypes: readonly string[];
}

export interface ProposedCall {
  readonly tool: string;
  /** Calls of this tool that were made already. */
  readonly used: number;
  readonly url?: string | undefined;
  readonly artifactId?: string | undefined;
  readonly entityType?: string | undefined;
  /** Artifacts minted by the platform in this run (R9b). */
  readonly minted: ReadonlySet<string>;
}

export type GrantVerdict =
  | { readonly verdict: 'allow' }
  | { readonly verdict: 'block'; readonly code: string; readonly detail: string };

/** Pure. Decides from the grant alone; nothing that a tool returned can widen it. */
export function decideGrant(
  grant: Grant,
  call: ProposedCall,
  normalize: (url: string) => string | undefined,
): GrantVerdict {
  const block = (code: string, detail: string): GrantVerdict => ({ verdict: 'block', code, detail });
  const granted = grant.tools.find((entry) => entry.tool === call.tool);
  if (granted === undefined) return block('tool_not_granted', 'The run was not granted this tool.');
  if (granted.count !== undefined && call.used >= granted.count)
    return block('count_spent', 'The run has used up its calls of this tool.');
  if (call.url !== undefined) {
    const url = normalize(call.url);
    if (url === undefined || !(grant.urls.includes(url) || isOnHosts(grant.hosts, url)))
      return block('target_not_stated', 'The URL was not stated by the person who started the run.');
  }
  if (
    call.artifactId !== undefined &&
    !grant.artifacts.includes(call.artifactId) &&
    !call.minted.has(call.artifactId)
  ) {
    return block('artifact_not_granted', 'The artifact was neither named in the input nor made in this run.');
  }
  if (call.entityType !== undefined && !grant.entityTypes.includes(call.entityType))
    return block('type_not_granted', 'The run was not granted this entity type.');
  return { verdict: 'allow' };
}
