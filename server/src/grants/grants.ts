// Owns the one sum that makes a grant: what the skill asks for, cut by what the tenant and the deployment allow, and by what a person said.
// Promises that no part of it is wider than any of the three, and that it is made before the run reads anything.
// Must never be the only door: lists are asked again at every hop, budgets before every step, tools at every call.
export { type Allowed, type Bounds, boundAsks, loadBounds, smallerBudget } from './bounds.ts';
export { type HostVerdict, narrowHosts } from './narrow-hosts.ts';
