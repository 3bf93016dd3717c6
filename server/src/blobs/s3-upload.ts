// One object from a stream of unknown length: in one request when it is small, else in parts. Whole or not at all: a part of an
// upload that was given up is not an object, and is taken away.
import type { ByteSource } from './backend.ts';
import type { S3Place } from './s3-place.ts';

/** S3 takes parts from 5 MiB up to 5 GiB, 10,000 of them. */
const PART_BYTES = 8 * 1024 * 1024;

interface Part {
  readonly ETag: string | undefined;
  readonly PartNumber: number;
}

/** Answers the bytes. */
export async function uploadObject(place: S3Place, name: string, source: ByteSource): Promise<number> {
  const { library, client, bucket } = place;
  const target = { Bucket: bucket, Key: name };
  const parts = gather(source);
  const first = await parts.next();
  const body = first.done === true ? Buffer.alloc(0) : first.value;
  if (body.length < PART_BYTES) {
    await client.send(new library.PutObjectCommand({ ...target, Body: body, ContentLength: body.length }));
    return body.length;
  }
  const { UploadId } = await client.send(new library.CreateMultipartUploadCommand(target));
  try {
    return await sendParts(place, { ...target, UploadId }, body, parts);
  } catch (error) {
    await client.send(new library.AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => undefined);
    throw error;
  }
}

async function sendParts(
  { library, client }: S3Place,
  upload: { readonly Bucket: string; readonly Key: string; readonly UploadId: string | undefined },
  first: Buffer,
  rest: AsyncGenerator<Buffer>,
): Promise<number> {
  const done: Part[] = [];
  let bytes = 0;
  const send = async (body: Buffer): Promise<void> => {
    const PartNumber = done.length + 1;
    const command = new library.UploadPartCommand({ ...upload, PartNumber, Body: body, ContentLength: body.length });
    const { ETag } = await client.send(command);
    done.push({ ETag, PartNumber });
    bytes += body.length;
  };
  await send(first);
  for await (const body of rest) await send(body);
  await client.send(new library.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: done } }));
  return bytes;
}

/** Parts of the full size, and a last one of what is left. */
async function* gather(source: ByteSource): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of source) {
    for (let at = 0; at < piece.length; ) {
      const taken = piece.subarray(at, at + PART_BYTES - bytes);
      held.push(taken);
      bytes += taken.length;
      at += taken.length;
      if (bytes < PART_BYTES) continue;
      yield Buffer.concat(held);
      held = [];
      bytes = 0;
    }
  }
  if (bytes > 0) yield Buffer.concat(held);
}
