// The whole house in containers: every image pinned, nobody root, nothing written but where it must be, no secret but by a file.
import { parse } from 'yaml';
import { HEALTH_ROUTES_PATHS, judgeSettings, knownSetting, valueFor } from './product.ts';

interface Service {
  readonly image?: string;
  readonly build?: { readonly context?: string; readonly dockerfile?: string; readonly args?: Record<string, string> };
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly environment?: Record<string, string>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly restart?: string;
  readonly command?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly stop_grace_period?: string;
}

interface Compose {
  readonly services?: Record<string, Service>;
  readonly secrets?: Record<string, { readonly file?: string }>;
}

/** What a service may say at all: an unknown word may be one that opens something. */
const WORDS = new Set(
  `image build user read_only cap_drop security_opt environment secrets volumes ports restart command healthcheck stop_grace_period init tmpfs
  mem_limit pids_limit depends_on networks shm_size`.split(/\s+/),
);
const PINNED = /^[a-z0-9.-]+(?:\/[a-z0-9._-]+)+@sha256:(?:[0-9a-f]{64}|\$\{\w+:\?[^}]+\})$/;
const REQUIRED = /^\$\{\w+:\?[^}]+\}$/;
const USER = /^[1-9]\d*:[1-9]\d*$/;
const OPENS = /\.sock\b|^\/(?!srv\/)|docker|containerd|podman/;
const SECRET = /PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL/;
const HEALTH = /http:\/\/127\.0\.0\.1:(\d+)(\/[a-z]*)/;
/** Requests in flight have this long after the node stopped listening. */
const IN_FLIGHT_SECONDS = 10;

function judgeImage({ image = '', build }: Service, isInTree: (path: string) => boolean): string[] {
  if (build === undefined) return PINNED.test(image) ? [] : [`image ${image}: not pinned by a digest`];
  const faults: string[] = [];
  if (build.context !== '..' || !isInTree(build.dockerfile ?? ''))
    faults.push(`build: ${build.dockerfile} is not in the tree`);
  for (const [name, text] of Object.entries(build.args ?? {}))
    if (!REQUIRED.test(text)) faults.push(`build: ${name} must be a required variable`);
  if (Object.keys(build.args ?? {}).length === 0) faults.push('build: no digest is handed to it');
  if (!/^sallyport:[\w-]+$/.test(image) || image.endsWith(':latest'))
    faults.push(`image ${image}: the name of what is built here`);
  return faults;
}

function judgeWalls(service: Service): string[] {
  const faults = Object.keys(service)
    .filter((word) => !WORDS.has(word))
    .map((word) => `${word}: is not among what a service may say`);
  if (!USER.test(service.user ?? '')) faults.push(`user ${service.user}: expected numbers that are not 0`);
  if (service.read_only !== true) faults.push('read_only: the root can be written');
  if (!service.cap_drop?.includes('ALL')) faults.push('cap_drop: expected ALL');
  const opts = service.security_opt ?? [];
  if (opts.length !== 1 || opts[0] !== 'no-new-privileges:true')
    faults.push('security_opt: expected no-new-privileges:true alone');
  for (const volume of service.volumes ?? []) {
    const variable = /^\$\{\w+:\?[^}]+\}\/([a-z0-9-]+):(\/[a-z/]+)$/.exec(volume);
    if (variable === null || OPENS.test(volume.slice(0, volume.lastIndexOf(':'))))
      faults.push(`volume ${volume}: expected a folder below a required variable`);
  }
  for (const port of service.ports ?? [])
    if (!/^127\.0\.0\.1:\d+:\d+$/.test(port)) faults.push(`port ${port}: expected an address of loopback`);
  return faults;
}

function judgeSecrets({ environment = {}, secrets = [] }: Service, known: Compose['secrets']): string[] {
  const faults = secrets.filter((name) => known?.[name] === undefined).map((name) => `secret ${name}: is not defined`);
  for (const [name, value] of Object.entries(environment)) {
    if (/:-|:\+|\$\{\w+\}|\$\w/.test(value)) faults.push(`${name}: a variable must be required`);
    const file = /^\/run\/secrets\/([\w-]+)$/.exec(value)?.[1];
    if (name.endsWith('_FILE') && (file === undefined || !secrets.includes(file)))
      faults.push(`${name}: ${value} is not a secret of this service`);
    if (!/^(SALLYPORT_|DATABASE_)/.test(name) && SECRET.test(name) && !name.endsWith('_FILE'))
      faults.push(`${name}: looks like a secret; expected ${name}_FILE`);
  }
  return faults;
}

function seconds(text: string): number {
  return Number(/^(\d+)s$/.exec(text)?.[1] ?? 0);
}

/** A service of our own image: its settings are read as the server reads them. */
function judgeOurs(service: Service): string[] {
  const { environment = {}, healthcheck, ports = [], secrets = [] } = service;
  const faults = Object.entries(environment)
    .filter(([, value]) => !value.includes('${'))
    .flatMap(([name, value]) => knownSetting(name, value) ?? []);
  const judged = judgeSettings(
    Object.fromEntries(Object.entries(environment).map(([name, value]) => valueFor(name, value))),
  );
  faults.push(...judged.faults);
  const { config } = judged;
  if (config === undefined) return faults;
  const api = config.roles.includes('api');
  const port = String(api ? config.port : config.healthAddress?.port);
  const [, asked, path = ''] = HEALTH.exec(healthcheck?.test?.join(' ') ?? '') ?? [];
  if (asked !== port || !HEALTH_ROUTES_PATHS.includes(path))
    faults.push(`healthcheck: expected /readyz at port ${port}`);
  for (const one of ports) if (one.split(':').at(-1) !== port) faults.push(`port ${one}: the node listens on ${port}`);
  if (!api && ports.length > 0) faults.push('ports: a worker serves nobody');
  if ((service.command ?? ['serve'])[0] !== (api ? 'serve' : 'worker'))
    faults.push('command: not the one of its roles');
  const needed = config.leaveSeconds + config.drainSeconds + IN_FLIGHT_SECONDS;
  if (seconds(service.stop_grace_period ?? '') <= needed)
    faults.push(`stop_grace_period: expected more than ${needed}s`);
  if (config.keyFolder === '/run/secrets')
    for (const key of ['master-1', 'pepper-1', 'links-1', 'certificates-1', 'database'])
      if (!secrets.includes(key)) faults.push(`secrets: without ${key} the node does not start`);
  return faults;
}

function judgeHouse(services: Record<string, Service>): string[] {
  const ours = Object.values(services).filter(({ build }) => build !== undefined);
  const of = (role: string): number => ours.filter(({ environment }) => environment?.SALLYPORT_ROLES === role).length;
  return [
    ...(of('api') < 2 || of('worker') < 2 ? ['expected two nodes with the API and two workers'] : []),
    ...(new Set(ours.map(({ environment }) => environment?.SALLYPORT_S3_BUCKET)).size === 1
      ? []
      : ['nodes with different buckets']),
  ];
}

export function judgeCompose(text: string, isInTree: (path: string) => boolean): string[] {
  const compose = parse(text, { merge: true }) as Compose;
  const services = compose.services ?? {};
  const faults = Object.entries(services).flatMap(([name, service]) =>
    [
      ...judgeImage(service, isInTree),
      ...judgeWalls(service),
      ...judgeSecrets(service, compose.secrets),
      ...(service.healthcheck?.test === undefined || service.healthcheck.disable === true
        ? ['healthcheck: there is none']
        : []),
      ...(service.build === undefined ? [] : judgeOurs(service)),
    ].map((fault) => `${name}: ${fault}`),
  );
  for (const [name, { file = '' }] of Object.entries(compose.secrets ?? {}))
    if (!/^\$\{\w+:\?[^}]+\}\/secrets\/[\w-]+$/.test(file))
      faults.push(`secret ${name}: expected a file below a required variable`);
  if (!/^# Production: (yes|no)\b/m.test(text)) faults.push('the file does not say whether it is for production (S23)');
  return [...faults, ...judgeHouse(services)];
}
