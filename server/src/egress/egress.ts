// Owns where the agents of a tenant may go: lists of the deployment and of the tenant, limits on calls and bytes, the verdict on a place.
// Promises that a list only narrows what the guard lets through, that it is asked at every hop, and that limits hold over all nodes.
// Must never open an address: which ranges are open is the operator's setting, and the guard's.
export { chargeBytes, takeCall } from './allowance.ts';
export { type DecisionFilter, type Hop, listDecisions, recordDecisions } from './decisions.ts';
export { checkPlace, type EgressWays, type Governed, govern } from './govern.ts';
export { type EgressLists, type Listed, parseLists, permits } from './lists.ts';
export { getEgressPolicy, putEgressPolicy, readPolicy } from './policy.ts';
