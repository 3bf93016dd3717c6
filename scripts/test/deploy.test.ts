// The checker of what is published for containers has teeth: each variant is broken in one place and is told so.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { judgeCompose } from '../checks/deploy/compose.ts';
import { judgeContainerfile } from '../checks/deploy/containerfile.ts';
import { treeOf } from '../checks/deploy/deploy.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const isInTree = treeOf(ROOT);
const read = (name: string): string => readFileSync(`${ROOT}deploy/${name}`, 'utf8');

/** What is there, what stands there instead, what is said of it. */
type Broken = readonly [string, string, RegExp];

const IMAGES: readonly Broken[] = [
  ['node@sha256:${NODE_DIGEST} AS console', 'node:24 AS console', /not pinned/],
  ['node@sha256:${NODE_DIGEST} AS console', 'node:24-slim@sha256:12 AS console', /not pinned/],
  ['ARG NODE_DIGEST\n', 'ARG NODE_DIGEST=0000\n', /without a default/],
  ['ARG NODE_DIGEST\n', '', /without a default/],
  ['USER 10001:10001\n', '', /USER must be set once/],
  ['USER 10001:10001\n', 'USER root\n', /USER must be set once/],
  ['USER 10001:10001\n', 'USER 0:0\n', /USER must be set once/],
  ['USER 10001:10001\n', 'USER node\n', /USER must be set once/],
  ['USER 10001:10001\n', 'USER 10001:10001\nUSER 0:0\n', /USER must be set once/],
  ['EXPOSE 4600\n', 'EXPOSE 4600\nRUN touch a\n', /RUN touch a: after USER/],
  ['npm ci --ignore-scripts --omit=dev', 'npm ci --omit=dev', /expected npm ci --ignore-scripts/],
  ['RUN mkdir -m 700 data', 'RUN npm install left-pad', /fetches what no lock file names/],
  ['RUN mkdir -m 700 data', 'RUN curl -sf https://a.test | sh', /fetches what no lock file names/],
  ['RUN mkdir -m 700 data', 'RUN --mount=type=secret,id=a cat /run/secrets/a', /needs no secret/],
  ['RUN mkdir -m 700 data', 'ADD https://a.test/b /b', /ADD may fetch/],
  ['RUN mkdir -m 700 data', 'RUN tar xf node-linux-x64.tar', /one kind of machine/],
  ['ENV NODE_ENV=production', 'ENV NPM_TOKEN=abc', /looks like a secret/],
  ['ENV SALLYPORT_DATA=/data', 'ENV SALLYPORT_DATUM=/data', /there is no such setting/],
  ['ENV SALLYPORT_DATA=/data', 'ENV SALLYPORT_MASTER_KEY=00', /a secret|looks like/],
  ['ENV SALLYPORT_DATA=/data', 'ARG API_KEY', /takes no argument/],
  ['COPY skills skills', 'COPY skils skils', /skils: is not in the tree/],
  ['COPY skills skills', 'COPY . .', /takes everything/],
  ['COPY --from=console', 'COPY --from=later', /there is no stage later/],
  ['/healthz', '/health', /no route answers/],
  [':4600/healthz', ':4601/healthz', /expected port 4600/],
  ['EXPOSE 4600', 'EXPOSE 80', /expected port 4600/],
  ['CMD ["serve"]', 'CMD serve', /a shell would take the signals/],
  ['STOPSIGNAL SIGTERM\n', '', /STOPSIGNAL must be set once/],
];

const HOUSES: readonly Broken[] = [
  [
    'docker.io/library/postgres@sha256:${POSTGRES_DIGEST:?',
    'docker.io/library/postgres:${POSTGRES_TAG:?',
    /database: image .*not pinned/,
  ],
  ['minio@sha256:${MINIO_DIGEST:?the SHA-256 digest of a MinIO image}', 'minio:latest', /store: image .*not pinned/],
  ['${POSTGRES_DIGEST:?the SHA-256 digest of an official PostgreSQL image}', '${POSTGRES_DIGEST:-00}', /not pinned/],
  [
    '${NODE_DIGEST:?the SHA-256 digest of an official Node.js 24 image}',
    '${NODE_DIGEST}',
    /NODE_DIGEST must be a required variable/,
  ],
  ['dockerfile: deploy/Containerfile', 'dockerfile: deploy/Dockerfile', /is not in the tree/],
  ["user: '10001:10001'", "user: '0:0'", /api-1: user 0:0/],
  ["user: '999:999'", 'user: root', /database: user root/],
  ["  user: '10002:10002'\n", '\n', /store: user undefined/],
  ['read_only: true', 'read_only: false', /the root can be written/],
  ['cap_drop: [ALL]', 'cap_drop: [NET_RAW]', /cap_drop: expected ALL/],
  ["security_opt: ['no-new-privileges:true']", "security_opt: ['seccomp:unconfined']", /no-new-privileges/],
  ['  init: true', '  init: true\n  privileged: true', /privileged: is not among/],
  ['  init: true', '  init: true\n  network_mode: host', /network_mode: is not among/],
  ['  init: true', '  init: true\n  cap_add: [SYS_ADMIN]', /cap_add: is not among/],
  ['  init: true', '  init: true\n  pid: host', /pid: is not among/],
  [
    "prepare.sh made}/api-1:/data'",
    "prepare.sh made}/api-1:/data', '/var/run/docker.sock:/var/run/docker.sock'",
    /docker\.sock/,
  ],
  ["prepare.sh made}/api-1:/data'", "prepare.sh made}/api-1:/data', '/:/host'", /volume \/:\/host/],
  ["'127.0.0.1:4600:4600'", "'4600:4600'", /expected an address of loopback/],
  ["'127.0.0.1:4600:4600'", "'0.0.0.0:4600:4600'", /expected an address of loopback/],
  ["'127.0.0.1:4600:4600'", "'127.0.0.1:4600:4700'", /the node listens on 4600/],
  ['POSTGRES_PASSWORD_FILE: /run/secrets/database-password', 'POSTGRES_PASSWORD: sallyport', /looks like a secret/],
  ['MINIO_ROOT_PASSWORD_FILE: /run/secrets/store-password', 'MINIO_ROOT_PASSWORD: minioadmin', /looks like a secret/],
  ['DATABASE_URL_FILE: /run/secrets/database-url', 'DATABASE_URL: postgres://a:b@database/a', /DATABASE_URL: a secret/],
  [
    'SALLYPORT_S3_SECRET_ACCESS_KEY_FILE: /run/secrets/store-secret-access-key',
    'SALLYPORT_S3_SECRET_ACCESS_KEY: abcdefgh',
    /a secret; expected/,
  ],
  ['/run/secrets/store-secret-access-key', '/etc/passwd', /is not a secret of this service/],
  ['certificates-1, database, database-url', 'database, database-url', /without certificates-1/],
  ['SALLYPORT_DRAIN_SECONDS: ', 'SALLYPORT_DRAIN_SECOND: ', /there is no such setting/],
  ["SALLYPORT_DRAIN_SECONDS: '15'", "SALLYPORT_DRAIN_SECONDS: '3000'", /not accepted/],
  ["SALLYPORT_DRAIN_SECONDS: '15'", "SALLYPORT_DRAIN_SECONDS: '60'", /stop_grace_period: expected more than 75s/],
  ['    SALLYPORT_TRUSTED_PROXIES: 172.31.46.1\n', '', /is not loopback/],
  [
    '${SALLYPORT_PUBLIC_URL:?the https address that people use}',
    '${SALLYPORT_PUBLIC_URL:-https://example.com}',
    /a variable must be required/,
  ],
  [':4600/readyz', ':4600/ready', /healthcheck: expected/],
  [':4601/readyz', ':4602/readyz', /worker-1: healthcheck: expected/],
  ["test: ['CMD', 'mc', 'ready', 'local']", 'disable: true', /store: healthcheck: there is none/],
  ['command: [worker]', 'command: [serve]', /not the one of its roles/],
  ['  SALLYPORT_S3_BUCKET: sallyport-blobs\n', '', /SALLYPORT_S3_BUCKET: missing/],
  ['# Production: no', '# Ready for production', /whether it is for production/],
  ["/secrets/pepper-1' }", "/secrets/../../etc/pepper-1' }", /secret pepper-1/],
];

for (const [name, text, judge, variants] of [
  ['Containerfile', read('Containerfile'), (one: string) => judgeContainerfile(one, isInTree, '4600'), IMAGES],
  ['compose.yaml', read('compose.yaml'), (one: string) => judgeCompose(one, isInTree), HOUSES],
] as const)
  test(`${name} is sound, and each of ${variants.length} variants that are broken in one place is refused for that`, () => {
    assert.deepEqual(judge(text), []);
    for (const [there, instead, said] of variants) {
      assert.ok(text.includes(there), `the file does not hold ${there}`);
      const faults = judge(text.replace(there, () => instead));
      assert.ok(
        faults.some((fault) => said.test(fault)),
        `${instead}: ${faults.join('; ') || 'nothing was said'}`,
      );
    }
  });

test('a second worker that is missing is missed', () => {
  const text = read('compose.yaml');
  const at = text.indexOf('  worker-2:');
  assert.match(
    judgeCompose(text.slice(0, at) + text.slice(text.indexOf('\nnetworks:')), isInTree).join(),
    /two workers/,
  );
});

test('prepare.sh makes exactly what compose.yaml mounts, each secret for one user and new each time, and overwrites nothing', () => {
  const home = mkdtempSync(join(tmpdir(), 'sallyport-prepare-'));
  try {
    const make = (name: string) =>
      spawnSync('bash', [`${ROOT}deploy/prepare.sh`, join(home, name)], { encoding: 'utf8' });
    assert.equal(make('a').status, 0, make('a').stderr);
    assert.notEqual(make('a').status, 0, 'it overwrote what was there');
    assert.equal(make('b').status, 0);
    const compose = parse(read('compose.yaml'), { merge: true });
    const secrets = readdirSync(join(home, 'a', 'secrets')).toSorted();
    assert.deepEqual(secrets, Object.keys(compose.secrets).toSorted());
    const folders = Object.values(compose.services as Record<string, { volumes: string[] }>)
      .flatMap(({ volumes }) => volumes.map((volume) => /\}\/([\w-]+):/.exec(volume)?.[1]))
      .toSorted();
    assert.deepEqual(
      readdirSync(join(home, 'a'))
        .filter((name) => name !== 'secrets')
        .toSorted(),
      folders,
    );
    const root = process.getuid?.() === 0;
    for (const name of secrets) {
      const path = join(home, 'a', 'secrets', name);
      assert.equal(statSync(path).mode & 0o777, 0o400, name);
      assert.notEqual(readFileSync(path, 'utf8'), readFileSync(join(home, 'b', 'secrets', name), 'utf8'), name);
      const users = Object.values(compose.services as Record<string, { user: string; secrets: string[] }>)
        .filter((service) => service.secrets.includes(name))
        .map(({ user }) => user);
      assert.equal(new Set(users).size, 1, `${name} is read by ${users}`);
      if (root) assert.equal(`${statSync(path).uid}:${statSync(path).gid}`, users[0], name);
    }
    const all = execFileSync(
      'cat',
      secrets.map((name) => join(home, 'a', 'secrets', name)),
      { encoding: 'utf8' },
    );
    assert.ok(!all.includes('minioadmin') && new Set(all.match(/[0-9a-f]{64}/g)).size === 7);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
