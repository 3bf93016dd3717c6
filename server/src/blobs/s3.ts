// The S3 place: any server that speaks its API. The client is loaded when it is asked for, so that a boot without S3 does not pay for it.
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { Fault, fault } from '../errors.ts';
import { isUuid } from '../ids.ts';
import { type BlobBackend, BlobError, type BlobKey, type ByteRange, capped, demandUuid } from './backend.ts';
import type { S3Place } from './s3-place.ts';
import { uploadObject } from './s3-upload.ts';

export interface S3Options {
  readonly endpoint: URL;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly forcePathStyle: boolean;
  /** Makes the bucket when it is not there. */
  readonly makeBucket?: boolean;
}

const CONNECT_MS = 5_000;
const IDLE_MS = 30_000;
const ATTEMPTS = 3;

/** Throws `configuration` when the bucket cannot be entered with these keys. */
export async function createS3Blobs(options: S3Options): Promise<BlobBackend & { close(): void }> {
  const place = await enterBucket(options);
  const objectName = ({ tenantId, blobId }: BlobKey): string => `${demandUuid(tenantId)}/${demandUuid(blobId)}`;
  return {
    put: async (key, source, { maxBytes }) => {
      const name = objectName(key);
      return answering(() => uploadObject(place, name, capped(source, maxBytes)));
    },
    get: async (key, range) => {
      const name = objectName(key);
      return answering(() => getObject(place, name, range));
    },
    delete: async (key) => {
      const name = objectName(key);
      return answering(() => deleteObject(place, name));
    },
    list: (tenantId) => listObjects(place, `${demandUuid(tenantId)}/`),
    tidy: (tenantId, before) => {
      const prefix = `${demandUuid(tenantId)}/`;
      return answering(() => abortUploads(place, prefix, before));
    },
    clear: (tenantId) => {
      const prefix = `${demandUuid(tenantId)}/`;
      return answering(() => clearPrefix(place, prefix));
    },
    close: () => place.client.destroy(),
  };
}

async function enterBucket(options: S3Options): Promise<S3Place> {
  const library = await import('@aws-sdk/client-s3');
  const { accessKeyId, secretAccessKey, region, bucket, forcePathStyle } = options;
  const client = new library.S3Client({
    endpoint: options.endpoint.href,
    region,
    forcePathStyle,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: ATTEMPTS,
    retryMode: 'standard',
    followRegionRedirects: false,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: IDLE_MS, requestTimeout: IDLE_MS },
    // Our own tags tell what was stored; servers other than AWS do not know the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const head = (): Promise<unknown> => client.send(new library.HeadBucketCommand({ Bucket: bucket }));
  try {
    await head().catch(async (error: unknown) => {
      if (options.makeBucket !== true || statusOf(error) !== 404) throw error;
      // Of nodes that make it at once, one is told that it did; the others look once more.
      await client.send(new library.CreateBucketCommand({ Bucket: bucket })).catch(() => undefined);
      await head();
    });
  } catch (error) {
    client.destroy();
    throw fault('configuration', {
      detail: `SALLYPORT_S3_BUCKET: ${bucket} at ${options.endpoint.origin} cannot be entered (${nameOf(error)}); expected a bucket that the access key may read and write`,
      cause: error,
    });
  }
  return { library, client, bucket };
}

function nameOf(error: unknown): string {
  const status = statusOf(error);
  return error instanceof Error ? `${error.name}${status === undefined ? '' : ` ${status}`}` : 'unknown';
}

function statusOf(error: unknown): number | undefined {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}

/** A server that is away or refuses is a passing matter; what the source of the bytes threw is passed on as it is. */
async function answering<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BlobError || error instanceof Fault || !isOfServer(error)) throw error;
    throw fault('unavailable', { detail: `S3 did not do it: ${nameOf(error)}`, cause: error });
  }
}

function isOfServer(error: unknown): boolean {
  return typeof error === 'object' && error !== null && '$metadata' in error;
}

async function getObject(
  { library, client, bucket }: S3Place,
  name: string,
  range: ByteRange | undefined,
): Promise<{ size: number; content: AsyncIterable<Uint8Array> } | undefined> {
  let found: GetObjectCommandOutput;
  try {
    const Range = range === undefined ? undefined : `bytes=${range.start}-${range.end - 1}`;
    found = await client.send(new library.GetObjectCommand({ Bucket: bucket, Key: name, Range }));
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
  const total = found.ContentRange?.split('/')[1];
  const size = range === undefined ? found.ContentLength : total === undefined ? undefined : Number(total);
  if (size === undefined || found.Body === undefined)
    throw fault('unavailable', { detail: 'S3 answered without a size' });
  return { size, content: found.Body as AsyncIterable<Uint8Array> };
}

/** Each version by its own id: a plain delete would only put a marker before what is kept. */
async function deleteObject({ library, client, bucket }: S3Place, name: string): Promise<boolean> {
  let deleted = false;
  for (;;) {
    const page = await client.send(new library.ListObjectVersionsCommand({ Bucket: bucket, Prefix: name }));
    const versions = page.Versions?.filter((one) => one.Key === name) ?? [];
    const markers = page.DeleteMarkers?.filter((one) => one.Key === name) ?? [];
    if (versions.length + markers.length === 0) return deleted;
    deleted ||= versions.length > 0;
    for (const { VersionId } of [...versions, ...markers])
      await client.send(new library.DeleteObjectCommand({ Bucket: bucket, Key: name, VersionId }));
  }
}

async function* listObjects({ library, client, bucket }: S3Place, prefix: string): AsyncGenerator<string> {
  let token: string | undefined;
  do {
    const command = new library.ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token });
    const page = await answering(() => client.send(command));
    for (const { Key } of page.Contents ?? []) {
      const blobId = Key?.slice(prefix.length) ?? '';
      if (isUuid(blobId)) yield blobId;
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

/** All versions, markers and parts below a prefix. Asked again until nothing is left, so that no page is missed while it shrinks. */
async function clearPrefix(place: S3Place, prefix: string): Promise<number> {
  const { library, client, bucket } = place;
  let cleared = 0;
  for (;;) {
    const page = await client.send(new library.ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix }));
    const versions = page.Versions ?? [];
    const found = [...versions, ...(page.DeleteMarkers ?? [])];
    for (const { Key, VersionId } of found)
      await client.send(new library.DeleteObjectCommand({ Bucket: bucket, Key, VersionId }));
    cleared += versions.length;
    if (found.length === 0) break;
  }
  return cleared + (await abortUploads(place, prefix, Number.POSITIVE_INFINITY));
}

/** Parts of uploads that began before this time. The list shrinks while it is read: asked again until there are none. */
async function abortUploads({ library, client, bucket }: S3Place, prefix: string, before: number): Promise<number> {
  let aborted = 0;
  for (;;) {
    const page = await client.send(new library.ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }));
    const uploads = (page.Uploads ?? []).filter(({ Initiated }) => (Initiated?.getTime() ?? 0) < before);
    for (const { Key, UploadId } of uploads)
      await client.send(new library.AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
    aborted += uploads.length;
    if (uploads.length === 0) return aborted;
  }
}
