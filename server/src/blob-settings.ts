// Owns the settings that say where the bytes of artifacts rest.
// Promises what the table of settings promises; it is a part of that table.
// Must never hold a flag for the secret of the access key.
import { oneOf, type Setting, url } from './setting-readers.ts';

export const BLOB_SETTINGS = {
  blobs: {
    env: 'SALLYPORT_BLOBS',
    flag: 'blobs',
    about: 'Where the bytes of artifacts rest: in the data folder, or in a bucket of an S3 server.',
    expected: 'local or s3',
    example: 's3',
    fallback: 'local',
    parse: oneOf('local', 's3'),
  },
  s3Endpoint: {
    env: 'SALLYPORT_S3_ENDPOINT',
    flag: 's3-endpoint',
    about: 'Address of the S3 server.',
    expected: 'an http or https URL without a path',
    example: 'https://s3.eu-central-1.amazonaws.com',
    parse: (text: string) => {
      const parsed = url(['https:', 'http:'])(text);
      const bare = parsed?.username === '' && parsed.pathname === '/' && parsed.search === '';
      return bare ? parsed : undefined;
    },
  },
  s3Bucket: {
    env: 'SALLYPORT_S3_BUCKET',
    flag: 's3-bucket',
    about: 'The bucket; it must exist, unless SALLYPORT_S3_MAKE_BUCKET lets the first node make it.',
    expected: 'a bucket name',
    example: 'sallyport-blobs',
    parse: (text: string) => (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text) ? text : undefined),
  },
  s3Region: {
    env: 'SALLYPORT_S3_REGION',
    flag: 's3-region',
    about: 'Region that requests are signed for.',
    expected: 'a lower-case word',
    example: 'eu-central-1',
    fallback: 'us-east-1',
    parse: (text: string) => (/^[a-z0-9][a-z0-9-]{0,40}$/.test(text) ? text : undefined),
  },
  s3AccessKeyId: {
    env: 'SALLYPORT_S3_ACCESS_KEY_ID',
    flag: 's3-access-key-id',
    about: 'Name of the access key of that server.',
    expected: 'printable characters without spaces',
    example: 'sallyport',
    parse: (text: string) => (/^[\x21-\x7e]{1,128}$/.test(text) ? text : undefined),
  },
  s3SecretAccessKey: {
    env: 'SALLYPORT_S3_SECRET_ACCESS_KEY',
    about: 'Secret of that access key; SALLYPORT_S3_SECRET_ACCESS_KEY_FILE names a file that holds it instead.',
    expected: 'printable characters without spaces',
    example: '(a secret)',
    parse: (text: string) => (/^[\x21-\x7e]{1,256}$/.test(text) ? text : undefined),
  },
  s3ForcePathStyle: {
    env: 'SALLYPORT_S3_FORCE_PATH_STYLE',
    flag: 's3-force-path-style',
    about: 'Puts the bucket into the path instead of the host name; most servers but AWS need it.',
    expected: 'true or false',
    example: 'true',
    fallback: 'false',
    parse: oneOf('true', 'false'),
  },
  s3MakeBucket: {
    env: 'SALLYPORT_S3_MAKE_BUCKET',
    flag: 's3-make-bucket',
    about:
      'Makes the bucket when it is not there: for a store of your own. Elsewhere make it yourself, with the policy that you want.',
    expected: 'true or false',
    example: 'true',
    fallback: 'false',
    parse: oneOf('true', 'false'),
  },
} satisfies Record<string, Setting<unknown>>;
