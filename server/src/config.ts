// Owns the reading of settings: flags before environment, every fault of all of them in one message (S12).
// Promises that a server does not boot into danger: no public bind without the settings that make it safe (S10).
// Must never be read anywhere else: the environment is seen here alone.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Fault, fault } from './errors.ts';
import { SETTINGS, type Setting } from './settings.ts';

export { SETTINGS, type Setting } from './settings.ts';

type Read = { [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]['parse']> };
type Optional =
  | 'readerUrl'
  | 'readerApiKey'
  | 'publicUrl'
  | 'databaseUrl'
  | 'databaseDirectUrl'
  | 'jwtIssuers'
  | 'modelBaseUrl'
  | 'modelApiKey'
  | 'stripeApiKey'
  | 'stripeWebhookSecrets'
  | 'masterKey'
  | 'tracesUrl'
  | 'tracesAuthorization'
  | 'healthAddress'
  | 'keyFolder'
  | 'blobFolder'
  | 's3Endpoint'
  | 's3Bucket'
  | 's3AccessKeyId'
  | 's3SecretAccessKey';

export type Config = { readonly [K in Exclude<keyof Read, Optional>]: NonNullable<Read[K]> } & {
  readonly [K in Optional]: Read[K];
};

const OURS = /^SALLYPORT_(?!TEST_)/;

export interface ConfigSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Without the leading dashes. */
  readonly flags: Readonly<Record<string, string | undefined>>;
}

/** The settings of this process. Throws `configuration` with one line a fault. */
export function readConfig(source: ConfigSource = { env: process.env, flags: {} }): Config {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    const text = find(setting, source, faults);
    if (text === undefined) continue;
    const value = setting.parse(text);
    if (value === undefined)
      faults.push(`${label(setting)}: not accepted; expected ${setting.expected}, for example ${setting.example}`);
    else values[name] = value;
  }
  values.dataDir = resolve(String(values.dataDir ?? join(homedir(), '.sallyport')));
  values.skillsDir = resolve(String(values.skillsDir ?? fileURLToPath(new URL('../../skills', import.meta.url))));
  for (const name of ['keyFolder', 'blobFolder'])
    if (values[name] !== undefined) values[name] = resolve(String(values[name]));
  for (const name of Object.keys(source.env))
    if (OURS.test(name) && !isKnown(name)) faults.push(`${name}: there is no such setting`);
  const config = values as unknown as Config;
  if (faults.length === 0) faults.push(...checkTogether(config), ...checkRuntime(config, source));
  if (faults.length > 0) throw configurationFault(faults);
  return config;
}

function isKnown(name: string): boolean {
  return Object.values(SETTINGS).some((setting) => setting.env === name || `${setting.env}_FILE` === name);
}

function label(setting: Setting<unknown>): string {
  return setting.flag === undefined ? setting.env : `${setting.env} (--${setting.flag})`;
}

function find(setting: Setting<unknown>, source: ConfigSource, faults: string[]): string | undefined {
  const flag = setting.flag === undefined ? undefined : source.flags[setting.flag];
  if (flag !== undefined) return flag;
  const text = source.env[setting.env];
  if (text !== undefined && text !== '') return text;
  const path = setting.flag === undefined ? source.env[`${setting.env}_FILE`] : undefined;
  if (path === undefined || path === '') return setting.fallback;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    faults.push(`${setting.env}_FILE: ${path} cannot be read; expected ${setting.expected}`);
    return undefined;
  }
}

/** Options of Node.js that open the memory of the process: a debugger listens, or a file with every secret is written (LG9). */
const OPENING =
  /--(?:inspect|heapsnapshot|heap-prof|cpu-prof|report-(?:on|uncaught|signal)|abort-on-uncaught|debug-port|trace-event|prof(?![a-z])|experimental-inspect)[\w-]*/;

function checkRuntime(config: Config, source: ConfigSource): string[] {
  if (config.debugging === 'on') return [];
  const given = OPENING.exec([...process.execArgv, source.env.NODE_OPTIONS ?? ''].join(' '))?.[0];
  if (given === undefined) return [];
  return [
    `NODE_OPTIONS: ${given} lets others read the memory of the process; expected without it, or SALLYPORT_DEBUGGING=on`,
  ];
}

/** What no setting can say by itself. */
function checkTogether(config: Config): string[] {
  const faults: string[] = [];
  if (!isLoopback(config.host) && (config.publicUrl === undefined || config.trustedProxies.length === 0))
    faults.push(
      `SALLYPORT_HOST: ${config.host} is not loopback; expected SALLYPORT_PUBLIC_URL (https) and SALLYPORT_TRUSTED_PROXIES with it, for example https://agents.example.com and 10.0.0.5`,
    );
  if (config.tracesAuthorization !== undefined && config.tracesUrl === undefined)
    faults.push('SALLYPORT_TRACES_URL: missing; expected with SALLYPORT_TRACES_AUTHORIZATION');
  if (config.debugging === 'on' && (!isLoopback(config.host) || config.publicUrl !== undefined))
    faults.push('SALLYPORT_DEBUGGING: on; expected off on a node that others reach');
  if (config.modelNames.length > 0 && config.modelBaseUrl === undefined)
    faults.push(
      'SALLYPORT_MODEL_BASE_URL: missing; expected with SALLYPORT_MODEL_NAMES, for example https://llm.example.com/v1',
    );
  if (!['rehearsal', 'gullible', ...config.modelNames].includes(config.model))
    faults.push(
      `SALLYPORT_MODEL: ${config.model} is not in SALLYPORT_MODEL_NAMES; expected rehearsal, gullible or one of them`,
    );
  if (config.databaseDirectUrl !== undefined && config.databaseUrl === undefined)
    faults.push('DATABASE_URL: missing; expected with DATABASE_DIRECT_URL');
  faults.push(...checkNode(config), ...checkStripe(config), ...checkBlobs(config));
  return faults;
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}

function checkNode({ roles, healthAddress, metrics, blobs, blobFolder }: Config): string[] {
  const faults: string[] = [];
  if (healthAddress !== undefined && roles.includes('api'))
    faults.push(
      'SALLYPORT_HEALTH_ADDRESS: set on a node with the API, which answers on its own port; expected with SALLYPORT_ROLES=worker',
    );
  // The operator's key would cross the network in the clear.
  if (healthAddress !== undefined && !isLoopback(healthAddress.host) && metrics === 'on')
    faults.push(
      `SALLYPORT_HEALTH_ADDRESS: ${healthAddress.host} is not loopback; expected a loopback address with SALLYPORT_METRICS=on, for example 127.0.0.1:4601`,
    );
  if (blobFolder !== undefined && blobs === 's3')
    faults.push('SALLYPORT_BLOB_FOLDER: set with SALLYPORT_BLOBS=s3; expected one of the two');
  return faults;
}

/** Both worlds of Stripe are told apart by the key: the wrong one stops the start (ST2, ST4). */
function checkStripe({ stripeMode, stripeApiKey, stripeWebhookSecrets }: Config): string[] {
  const faults: string[] = [];
  if (stripeMode === 'off') {
    if (stripeApiKey !== undefined || stripeWebhookSecrets !== undefined)
      faults.push('SALLYPORT_STRIPE_MODE: off; expected test or live with the key and the secrets of Stripe');
    return faults;
  }
  if (stripeApiKey === undefined)
    faults.push(`SALLYPORT_STRIPE_API_KEY: missing; expected with SALLYPORT_STRIPE_MODE ${stripeMode}`);
  else if (!stripeApiKey.slice(2).startsWith(`_${stripeMode}_`))
    faults.push(`SALLYPORT_STRIPE_API_KEY: of another mode; expected a key that begins with rk_${stripeMode}_`);
  if (stripeWebhookSecrets === undefined)
    faults.push(`SALLYPORT_STRIPE_WEBHOOK_SECRETS: missing; expected with SALLYPORT_STRIPE_MODE ${stripeMode}`);
  return faults;
}

function checkBlobs(config: Config): string[] {
  const wanted = ['s3Endpoint', 's3Bucket', 's3AccessKeyId', 's3SecretAccessKey'] as const;
  if (config.blobs === 's3')
    return wanted
      .filter((name) => config[name] === undefined)
      .map((name) => {
        const { env, example } = SETTINGS[name];
        return `${env}: missing; expected with SALLYPORT_BLOBS=s3, for example ${example}`;
      });
  return wanted
    .filter((name) => config[name] !== undefined)
    .map((name) => `${SETTINGS[name].env}: set without SALLYPORT_BLOBS=s3; expected both or neither`);
}

/** One fault for all of them; the fields are safe to print: no value of a secret is in them. */
export function configurationFault(faults: readonly string[]): Fault {
  return fault('configuration', {
    detail: faults.join('\n'),
    fields: faults.map((message) => ({ path: message.split(/[ :]/, 1)[0] ?? '', message })),
  });
}
