// What a node says of itself: why it cannot serve (optional parts are not asked, S22), and where the deployment stands.
import type { Posture } from '@sallyport/contracts';
import { createPosture, type PostureSources } from '../posture/posture.ts';

export interface Reason {
  readonly code: string;
  readonly detail: string;
}

export function watchNode(parts: PostureSources & { readonly alive: (() => boolean) | undefined }): {
  readonly readiness: () => Promise<Reason[]>;
  readonly posture: () => Promise<Posture>;
} {
  const { api, disk, config, alive } = parts;
  const readiness = async (): Promise<Reason[]> => {
    const reasons: Reason[] = [];
    await api.ping().catch(() => reasons.push({ code: 'database', detail: 'The database does not answer.' }));
    if (await disk.full()) reasons.push({ code: 'disk_full', detail: `The disk of ${config.dataDir} is nearly full.` });
    if (alive?.() === false) reasons.push({ code: 'worker', detail: 'The worker has no lease.' });
    return reasons;
  };
  return { readiness, posture: createPosture(parts) };
}
