// Owns what a deployment says of itself as a whole: its figures, and the rung that each promise stands on.
// Promises that every answer is judged by facts read from the running deployment at the time of the question.
// Must never name a tenant, nor show a value of a setting that may be a secret.
import type { Posture } from '@sallyport/contracts';
import { type PostureSources, readFacts } from './facts.ts';
import { judgePosture } from './judge.ts';

export { type Facts, type PostureSources, readFacts } from './facts.ts';
export { readFigures } from './figures.ts';
export { judgePosture } from './judge.ts';

export function createPosture(sources: PostureSources): () => Promise<Posture> {
  return async () => judgePosture(await readFacts(sources));
}
