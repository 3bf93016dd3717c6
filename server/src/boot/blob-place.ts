// Where blobs rest: in the data folder, in a folder that nodes share, or in a bucket; sealed each way.
import { join } from 'node:path';
import { type BlobStore, createLocalBlobs, createS3Blobs, sealBlobs } from '../blobs/blobs.ts';
import type { Config } from '../config.ts';
import type { Begun } from './begun.ts';
import type { DataFolder } from './data-folder.ts';

export async function openBlobs(config: Config, begun: Begun, folder: DataFolder): Promise<BlobStore> {
  const { s3Endpoint: endpoint, s3Bucket: bucket, s3AccessKeyId: accessKeyId, s3SecretAccessKey } = config;
  if (endpoint === undefined || bucket === undefined || accessKeyId === undefined || s3SecretAccessKey === undefined)
    return sealBlobs(createLocalBlobs({ root: config.blobFolder ?? join(folder.path, 'blobs') }));
  const backend = await createS3Blobs({
    endpoint,
    bucket,
    accessKeyId,
    secretAccessKey: s3SecretAccessKey,
    region: config.s3Region,
    forcePathStyle: config.s3ForcePathStyle === 'true',
  });
  begun.add(() => backend.close());
  return sealBlobs(backend);
}
