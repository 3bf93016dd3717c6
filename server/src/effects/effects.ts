// Owns the effect ledger: claimed before a side effect, then done, failed or unknown.
// Promises that one key is claimed once, under the run's row lock; a started, not idempotent effect is never restarted by itself.
// Must never decide whether an effect is allowed: that is the gateway's word.
export { type ClaimResult, claimEffect, type EffectClaim, findEffect, markUnknown, settleEffect } from './ledger.ts';
export { listEffects } from './list-effects.ts';
export { type Resolution, resolveEffect } from './resolve-effect.ts';
