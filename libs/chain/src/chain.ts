// Owns canonical JSON (RFC 8785) and the hash chain over salted commitments.
// Promises that any changed, removed, swapped or foreign event is found offline, without secrets.
// Must never keep a payload inside a hash: erasing a payload leaves the chain whole.
export { canonicalize } from './canonical.ts';
export { ChainError, type ChainErrorCode } from './chain-error.ts';
export { appendLink, bodyDigest, type ChainEnvelope, chainHash, dataDigest, type Link } from './link.ts';
export {
  type ExportedEvent,
  type ExportHeader,
  parseExport,
  type Verdict,
  type VerifyCode,
  verifyChain,
} from './verify.ts';
