// Owns what a deployment says of itself as a whole: its figures, and the rung that each promise stands on.
// Promises that every answer is a fact read from the running deployment at the time of the question.
// Must never name a tenant, nor show a value of a setting that may be a secret.
export { readFigures } from './figures.ts';
