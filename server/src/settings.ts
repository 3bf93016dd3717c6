// Owns the table of settings: one name as environment variable, one as flag, what is accepted and an example of each.
// Promises that a value is read in one place and refused with a sentence that says what is expected.
// Must never hold a default that is a secret, nor a flag for one: arguments are seen by every process of the machine.
import { parseAddress } from '@sallyport/egress';
import { ACCESS_SETTINGS } from './access-settings.ts';
import { BLOB_SETTINGS } from './blob-settings.ts';
import { EGRESS_SETTINGS } from './egress-settings.ts';
import { NODE_SETTINGS } from './node-settings.ts';
import { list, money, oneOf, type Setting, url, whole } from './setting-readers.ts';
import { WATCH_SETTINGS } from './watch-settings.ts';

export type { Setting } from './setting-readers.ts';

const WORD = /^[a-z][a-z0-9_]{0,20}$/;
/** The day is judged by the price book. */
const PRICE = /^[\w.:/@-]{1,200}=\d{1,6}(\.\d{1,6})?\/\d{1,6}(\.\d{1,6})?@\d{4}-\d{2}-\d{2}$/;

/** Every setting of the product. The reference is generated from this table. */
export const SETTINGS = {
  dataDir: {
    env: 'SALLYPORT_DATA',
    flag: 'data',
    about: 'Folder that holds keys, blobs and, without DATABASE_URL, the embedded database.',
    expected: 'a folder that this user may write',
    example: '/var/lib/sallyport-data',
    parse: (text: string) => (text !== '' && !text.includes('\0') ? text : undefined),
  },
  host: {
    env: 'SALLYPORT_HOST',
    flag: 'host',
    about: 'Address to listen on. Anything but loopback needs SALLYPORT_PUBLIC_URL and SALLYPORT_TRUSTED_PROXIES.',
    expected: 'an IP address',
    example: '127.0.0.1',
    fallback: '127.0.0.1',
    parse: (text: string) => (parseAddress(text) !== undefined ? text : undefined),
  },
  port: {
    env: 'SALLYPORT_PORT',
    flag: 'port',
    about: 'Port to listen on; 0 takes a free one.',
    expected: 'a number from 0 to 65535',
    example: '4600',
    fallback: '4600',
    parse: whole(0, 65_535),
  },
  publicUrl: {
    env: 'SALLYPORT_PUBLIC_URL',
    flag: 'public-url',
    about: 'The address that people use, when a proxy stands in front; a path prefix is kept.',
    expected: 'an https URL (http only for loopback)',
    example: 'https://agents.example.com',
    parse: (text: string) => {
      const parsed = url(['https:', 'http:'])(text);
      if (parsed === undefined || parsed.search !== '' || parsed.username !== '') return undefined;
      return parsed.protocol === 'https:' || /^(localhost|127\.|\[::1\])/.test(parsed.hostname) ? parsed : undefined;
    },
  },
  trustedProxies: {
    env: 'SALLYPORT_TRUSTED_PROXIES',
    flag: 'trusted-proxies',
    about: 'Addresses of the proxies whose forwarded headers are believed.',
    expected: 'IP addresses or ranges, separated by commas',
    example: '10.0.0.5,10.1.0.0/24',
    fallback: '',
    parse: list((item) => parseAddress(item.split('/')[0] ?? '') !== undefined),
  },
  databaseUrl: {
    env: 'DATABASE_URL',
    about:
      'An own PostgreSQL (15 or newer) instead of the embedded one; its user owns the database and may create roles.',
    expected: 'a postgres:// URL',
    example: 'postgres://sallyport@db.example.com:5432/sallyport',
    parse: url(['postgres:', 'postgresql:']),
  },
  databaseDirectUrl: {
    env: 'DATABASE_DIRECT_URL',
    about: 'The same database past any pooler: for LISTEN, locks and migrations.',
    expected: 'a postgres:// URL',
    example: 'postgres://sallyport@db.example.com:5433/sallyport',
    parse: url(['postgres:', 'postgresql:']),
  },
  rolePrefix: {
    env: 'SALLYPORT_ROLE_PREFIX',
    flag: 'role-prefix',
    about: 'How the names of our database roles begin; roles belong to a whole PostgreSQL server.',
    expected: 'a lower-case word of at most 21 characters',
    example: 'sallyport',
    fallback: 'sallyport',
    parse: (text: string) => (WORD.test(text) ? text : undefined),
  },
  masterKey: {
    env: 'SALLYPORT_MASTER_KEY',
    about:
      'Master keys that wrap the keys of tenants, one a line, the oldest first; SALLYPORT_MASTER_KEY_FILE names a file that holds them. Without either, the data folder holds its own.',
    expected: 'lines of 64 lower-case hexadecimal digits',
    example: '(a secret)',
    parse: (text: string) => {
      const lines = text.split(/\r?\n/);
      return lines.length <= 100 && lines.every((line) => /^[0-9a-f]{64}$/.test(line)) ? lines : undefined;
    },
  },
  ...BLOB_SETTINGS,
  ...EGRESS_SETTINGS,
  model: {
    env: 'SALLYPORT_MODEL',
    flag: 'model',
    about:
      'Model of a run that names none: `rehearsal` (rules, no network), `gullible` (rules that obey every page, for demonstrations) or one of SALLYPORT_MODEL_NAMES.',
    expected: 'a model name',
    example: 'rehearsal',
    fallback: 'rehearsal',
    parse: (text: string) => (/^[\w.:/@-]{1,200}$/.test(text) ? text : undefined),
  },
  modelBaseUrl: {
    env: 'SALLYPORT_MODEL_BASE_URL',
    flag: 'model-base-url',
    about: 'An endpoint that speaks the OpenAI chat completions format.',
    expected: 'an http or https URL without a query',
    example: 'https://llm.example.com/v1',
    parse: (text: string) => {
      const parsed = url(['https:', 'http:'])(text);
      return parsed !== undefined && parsed.username === '' && parsed.search === '' ? parsed : undefined;
    },
  },
  modelApiKey: {
    env: 'SALLYPORT_MODEL_API_KEY',
    about: 'Key of that endpoint; SALLYPORT_MODEL_API_KEY_FILE names a file that holds it instead.',
    expected: 'a key without line breaks',
    example: '(a secret)',
    parse: (text: string) => (/^[\x21-\x7e]{1,4096}$/.test(text) ? text : undefined),
  },
  modelNames: {
    env: 'SALLYPORT_MODEL_NAMES',
    flag: 'model-names',
    about: 'Models of that endpoint that runs may name.',
    expected: 'model names, separated by commas',
    example: 'llama-4-70b,qwen3-32b',
    fallback: '',
    parse: list((item) => /^[\w.:/@-]{1,200}$/.test(item) && item !== 'rehearsal' && item !== 'gullible'),
  },
  modelInputPrice: {
    env: 'SALLYPORT_MODEL_INPUT_PRICE',
    flag: 'model-input-price',
    about: 'US dollars for a million input tokens.',
    expected: 'a decimal number',
    example: '0.50',
    fallback: '0',
    parse: money,
  },
  modelOutputPrice: {
    env: 'SALLYPORT_MODEL_OUTPUT_PRICE',
    flag: 'model-output-price',
    about: 'US dollars for a million output tokens.',
    expected: 'a decimal number',
    example: '1.50',
    fallback: '0',
    parse: money,
  },
  readerUrl: {
    env: 'SALLYPORT_READER_URL',
    flag: 'reader-url',
    about: 'A reader service that fetches pages for us (the form of r.jina.ai); the pages are still judged here first.',
    expected: 'an http or https origin without path',
    example: 'https://r.jina.ai',
    parse: (text: string) => {
      const parsed = url(['https:', 'http:'])(text);
      const bare = parsed !== undefined && parsed.pathname === '/' && parsed.search === '' && parsed.username === '';
      return bare ? parsed : undefined;
    },
  },
  readerApiKey: {
    env: 'SALLYPORT_READER_API_KEY',
    about: 'Key of that service; SALLYPORT_READER_API_KEY_FILE names a file that holds it instead.',
    expected: 'a key without line breaks',
    example: '(a secret)',
    parse: (text: string) => (/^[\x21-\x7e]{1,4096}$/.test(text) ? text : undefined),
  },
  modelPrices: {
    env: 'SALLYPORT_MODEL_PRICES',
    flag: 'model-prices',
    about: 'Prices that begin on a day (UTC), dollars for a million tokens in and out; before, the two above hold.',
    expected: 'MODEL=INPUT/OUTPUT@YYYY-MM-DD, separated by commas',
    example: 'qwen3-32b=0.40/1.20@2026-09-01',
    fallback: '',
    parse: list((item) => PRICE.test(item)),
  },
  stripeMode: {
    env: 'SALLYPORT_STRIPE_MODE',
    flag: 'stripe-mode',
    about: 'Whether tenants pay by Stripe, and with which of its two worlds; they never mix.',
    expected: 'off, test or live',
    example: 'off',
    fallback: 'off',
    parse: oneOf('off', 'test', 'live'),
  },
  stripeApiKey: {
    env: 'SALLYPORT_STRIPE_API_KEY',
    about: 'A restricted key of that mode that may read subscriptions and invoices; or SALLYPORT_STRIPE_API_KEY_FILE.',
    expected: 'a key that begins with rk_test_, rk_live_, sk_test_ or sk_live_',
    example: '(a secret)',
    parse: (text: string) => (/^[rs]k_(test|live)_[A-Za-z0-9]{8,300}$/.test(text) ? text : undefined),
  },
  stripeWebhookSecrets: {
    env: 'SALLYPORT_STRIPE_WEBHOOK_SECRETS',
    about: 'Signing secrets of the endpoint, two while one is rolled; or SALLYPORT_STRIPE_WEBHOOK_SECRETS_FILE.',
    expected: 'one to four secrets that begin with whsec_, separated by commas',
    example: '(a secret)',
    parse: (text: string) =>
      /^whsec_[\w+/=-]{8,300}( *, *whsec_[\w+/=-]{8,300}){0,3}$/.test(text) ? text.split(/ *, */) : undefined,
  },
  ...WATCH_SETTINGS,
  concurrency: {
    env: 'SALLYPORT_CONCURRENCY',
    flag: 'concurrency',
    about: 'Runs that one worker drives at a time.',
    expected: 'a number from 1 to 64',
    example: '4',
    fallback: '4',
    parse: whole(1, 64),
  },
  parseThreads: {
    env: 'SALLYPORT_PARSE_THREADS',
    flag: 'parse-threads',
    about: 'Threads that read documents from outside.',
    expected: 'a number from 1 to 32',
    example: '1',
    fallback: '1',
    parse: whole(1, 32),
  },
  ...ACCESS_SETTINGS,
  ...NODE_SETTINGS,
  drainSeconds: {
    env: 'SALLYPORT_DRAIN_SECONDS',
    flag: 'drain-seconds',
    about: 'How long a shutdown waits for steps that are at work before it gives their runs back.',
    expected: 'a number from 0 to 300',
    example: '10',
    fallback: '10',
    parse: whole(0, 300),
  },
  diskLimit: {
    env: 'SALLYPORT_DISK_LIMIT',
    flag: 'disk-limit',
    about: 'Percent of the disk of the data folder at which no run and no upload is begun any more.',
    expected: 'a number from 1 to 100',
    example: '95',
    fallback: '95',
    parse: whole(1, 100),
  },
  skillsDir: {
    env: 'SALLYPORT_SKILLS',
    flag: 'skills',
    about: 'Folder whose folders are skills; the shipped ones unless told.',
    expected: 'a folder',
    example: '/etc/sallyport/skills',
    parse: (text: string) => (text === '' ? undefined : text),
  },
} satisfies Record<string, Setting<unknown>>;
