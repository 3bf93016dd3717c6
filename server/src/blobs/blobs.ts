// Owns the bytes of artifacts at rest: sealed for their tenant, in a local folder or in S3. Sole importer of the S3 client.
// Promises that a blob is whole or not there, that it opens for its tenant under its id alone, and that only its needed chunks are read.
// Must never store a plain byte, nor take a path from outside: a key is two UUIDs.
export { type BlobBackend, BlobError, type BlobErrorCode, type BlobKey, type ByteRange } from './backend.ts';
export { createLocalBlobs } from './local.ts';
export { createS3Blobs, type S3Options } from './s3.ts';
export { type BlobDoors, type BlobStore, sealBlobs } from './sealed.ts';
