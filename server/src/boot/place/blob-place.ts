// Where blobs rest: in the data folder, in a folder that nodes share, or in a bucket; sealed each way.
import { join } from 'node:path';
import { type BlobBackend, type BlobStore, createLocalBlobs, createS3Blobs, sealBlobs } from '../../blobs/blobs.ts';
import type { Config } from '../../config.ts';
import type { Begun } from './begun.ts';
import type { DataFolder } from './data-folder.ts';

/** The local place; it holds nothing where a bucket is set. */
export function blobFolderOf(config: Config, folder: DataFolder): string {
  return config.blobFolder ?? join(folder.path, 'blobs');
}

/** The place itself, which sees sealed bytes only. */
export async function openBlobBackend(config: Config, begun: Begun, folder: DataFolder): Promise<BlobBackend> {
  const { s3Endpoint: endpoint, s3Bucket: bucket, s3AccessKeyId: accessKeyId, s3SecretAccessKey } = config;
  if (endpoint === undefined || bucket === undefined || accessKeyId === undefined || s3SecretAccessKey === undefined)
    return createLocalBlobs({ root: blobFolderOf(config, folder) });
  const backend = await createS3Blobs({
    endpoint,
    bucket,
    accessKeyId,
    secretAccessKey: s3SecretAccessKey,
    region: config.s3Region,
    forcePathStyle: config.s3ForcePathStyle === 'true',
    makeBucket: config.s3MakeBucket === 'true',
  });
  begun.add(() => backend.close());
  return backend;
}

export async function openBlobs(config: Config, begun: Begun, folder: DataFolder): Promise<BlobStore> {
  return sealBlobs(await openBlobBackend(config, begun, folder));
}
