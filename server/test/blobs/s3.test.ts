// Runs against a real S3 server when SALLYPORT_TEST_S3_ENDPOINT and its keys are set; scripts/radosgw.sh starts one.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { createS3Blobs, type S3Options } from '../../src/blobs/blobs.ts';
import { Fault } from '../../src/errors.ts';
import { newId } from '../../src/ids.ts';
import { conforms } from './conformance.ts';

const env = (name: string): string => process.env[`SALLYPORT_TEST_S3_${name}`] ?? '';
const endpoint = URL.parse(env('ENDPOINT'));

function describeS3(server: URL): void {
  const access = { accessKeyId: env('ACCESS_KEY_ID'), secretAccessKey: env('SECRET_ACCESS_KEY') };
  const options: S3Options = { endpoint: server, region: env('REGION'), bucket: '', forcePathStyle: true, ...access };
  const admin = new S3Client({
    endpoint: server.href,
    region: options.region,
    forcePathStyle: true,
    credentials: access,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const bucketName = (kind: string): string => `sallyport-${kind}-${randomBytes(6).toString('hex')}`;

  /** Versions, markers and parts of uploads that were begun. */
  const everything = async (bucket: string): Promise<string[]> => {
    const versions = await admin.send(new ListObjectVersionsCommand({ Bucket: bucket }));
    const uploads = await admin.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    const kept = [...(versions.Versions ?? []), ...(versions.DeleteMarkers ?? [])];
    return [
      ...kept.map(({ Key, VersionId }) => `${Key} ${VersionId}`),
      ...(uploads.Uploads ?? []).map((u) => `part of ${u.Key}`),
    ];
  };

  test('a bucket that is not there is a fault of the settings; nodes that may make it do so once, all at once', async () => {
    const bucket = bucketName('made');
    await assert.rejects(
      createS3Blobs({ ...options, bucket }),
      (error) => error instanceof Fault && error.code === 'configuration',
    );
    const made = await Promise.all([1, 2, 3].map(() => createS3Blobs({ ...options, bucket, makeBucket: true })));
    const key = { tenantId: newId(), blobId: newId() };
    await made[0]?.put(key, [Buffer.from('seen')], { maxBytes: 10 });
    assert.equal((await made[2]?.get(key))?.size, 4);
    for (const backend of made) backend.close();
  });

  for (const kind of ['plain', 'versioned']) {
    const bucket = bucketName(kind);
    let backend: Awaited<ReturnType<typeof createS3Blobs>>;
    before(async () => {
      await admin.send(new CreateBucketCommand({ Bucket: bucket }));
      if (kind === 'versioned') {
        const VersioningConfiguration = { Status: 'Enabled' } as const;
        await admin.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
      }
      backend = await createS3Blobs({ ...options, bucket });
    });
    after(() => backend.close());
    conforms(`S3, ${kind} bucket`, () => ({ backend, everything: () => everything(bucket) }));

    test(`S3, ${kind} bucket: a deletion takes every version that was ever put`, async () => {
      const key = { tenantId: newId(), blobId: newId() };
      for (const text of ['first', 'second']) await backend.put(key, [Buffer.from(text)], { maxBytes: 10 });
      assert.equal(await backend.delete(key), true);
      assert.deepEqual(
        (await everything(bucket)).filter((one) => one.includes(key.blobId)),
        [],
      );
    });

    test(`S3, ${kind} bucket: a list of more than one page holds all of it`, async () => {
      const tenantId = newId();
      const ids = Array.from({ length: 1_005 }, () => newId());
      for (let at = 0; at < ids.length; at += 25)
        await Promise.all(
          ids
            .slice(at, at + 25)
            .map((blobId) => backend.put({ tenantId, blobId }, [Buffer.from('x')], { maxBytes: 1 })),
        );
      assert.deepEqual((await Array.fromAsync(backend.list(tenantId))).sort(), ids.sort());
    });
  }

  test('S3: a wrong key, a missing bucket and a server that is away stop the boot with one sentence and no secret', async () => {
    const bucket = bucketName('missing');
    const wrong = [
      { ...options, bucket },
      { ...options, bucket, secretAccessKey: 'wrong-secret' },
      { ...options, bucket, endpoint: new URL('http://127.0.0.1:9') },
    ];
    for (const one of wrong)
      await assert.rejects(createS3Blobs(one), (error: unknown) => {
        assert.ok(error instanceof Fault && error.code === 'configuration');
        assert.match(error.message, new RegExp(`SALLYPORT_S3_BUCKET: ${bucket} at http://127.0.0.1:`));
        assert.ok(!error.message.includes(one.secretAccessKey));
        return true;
      });
  });

  after(() => admin.destroy());
}

if (endpoint === null) test('S3: skipped, no server was named', { skip: true }, () => undefined);
else describeS3(endpoint);
