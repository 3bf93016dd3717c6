// Owns canonical JSON (RFC 8785) and the hash chain over salted commitments.
// Promises that any changed, removed, swapped or foreign event before the head is found offline, without secrets; the head is the caller's.
// Must never keep a payload inside a hash: erasing a payload leaves the chain whole.
export {
  type AuditCode,
  type AuditHeader,
  type AuditRecord,
  type AuditVerdict,
  auditDigest,
  auditHash,
  parseAuditExport,
  type SealedRecord,
  verifyAudit,
} from './audit.ts';
export { canonicalize } from './canonical.ts';
export {
  type CertificateSignature,
  type CertificateVerdict,
  signCertificate,
  verifyCertificate,
} from './certificate.ts';
export { ChainError, type ChainErrorCode } from './chain-error.ts';
export type { ChainEnvelope } from './hashed-text.ts';
export type { ExportedEvent, ExportHeader, Verdict, VerifyCode } from './judge.ts';
export { appendLink, bodyDigest, chainHash, dataDigest, type Link } from './link.ts';
export { parseExport } from './read-export.ts';
export { verifyChain } from './verify.ts';
