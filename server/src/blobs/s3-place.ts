// The bucket that was entered, with the library that speaks to it.
import type { S3Client } from '@aws-sdk/client-s3';

export interface S3Place {
  readonly library: typeof import('@aws-sdk/client-s3');
  readonly client: S3Client;
  readonly bucket: string;
}
