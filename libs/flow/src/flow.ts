// Owns labels, grants and the treatment of untrusted text.
// Promises that a decision is pure and takes no model's word; that sanitising is idempotent and linear.
// Must never lower a label, nor let anything a tool returned widen a grant.
export { decideGrant, type Grant, type GrantVerdict, type ProposedCall } from './grant.ts';
export { type AllowedLinks, inertLinks } from './inert-links.ts';
export { type Confidentiality, type Integrity, joinLabels, type Label } from './label.ts';
export { type Finding, type Json, sanitize, sanitizeValue } from './sanitize.ts';
export { isStated, normalizeUrl, statedUrls } from './urls.ts';
export { wrapUntrusted } from './wrapping.ts';
