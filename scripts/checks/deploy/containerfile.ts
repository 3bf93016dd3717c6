// The image: pinned by digest, built without a secret and without install scripts, run by a user that is not root, for any machine.
import { HEALTH_ROUTES_PATHS, knownSetting } from './product.ts';

export interface Instruction {
  readonly word: string;
  readonly rest: string;
  readonly line: number;
}

export interface Stage {
  readonly name: string | undefined;
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

export interface Containerfile {
  /** Before the first stage. */
  readonly head: readonly Instruction[];
  readonly stages: readonly Stage[];
}

/** Reads instructions: comments are left out, lines that end in a backslash are joined. */
export function parseContainerfile(text: string): Containerfile {
  const head: Instruction[] = [];
  const stages: { name: string | undefined; from: string; instructions: Instruction[] }[] = [];
  let joined = '';
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    joined += line.endsWith('\\') ? `${line.slice(0, -1)} ` : line;
    if (line.endsWith('\\')) continue;
    const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(joined) ?? [];
    joined = '';
    const instruction = { word: word.toUpperCase(), rest, line: at + 1 };
    if (instruction.word === 'FROM') {
      const [, from = '', name] = /^(\S+)(?:\s+as\s+(\S+))?$/i.exec(rest) ?? [];
      stages.push({ name, from, instructions: [] });
    } else (stages.at(-1)?.instructions ?? head).push(instruction);
  }
  return { head, stages };
}

export interface Copy {
  readonly sources: readonly string[];
  readonly target: string;
  readonly from: string | undefined;
}

export function parseCopy(rest: string): Copy {
  const words = rest.split(/\s+/);
  const flags = words.filter((word) => word.startsWith('--'));
  const paths = words.filter((word) => !word.startsWith('--'));
  const from = flags.find((flag) => flag.startsWith('--from='))?.slice('--from='.length);
  return { sources: paths.slice(0, -1), target: paths.at(-1) ?? '', from };
}

const PINNED = /^[a-z0-9.-]+(?:\/[a-z0-9._-]+)+@sha256:(?:[0-9a-f]{64}|\$\{(\w+)\})$/;
const SECRET = /password|passwd|secret|token|api_?key|credential/i;
const MACHINE = /\b(amd64|arm64|x86_64|aarch64|x64)\b/;
const FETCHES = /\b(curl|wget|apt|apt-get|apk|npx|git)\b|npm (install|i|exec)\b/;
const USER = /^[1-9]\d*:[1-9]\d*$/;
const HEALTH = /http:\/\/127\.0\.0\.1:(\d+)(\/[a-z]*)/;

function judgeFrom({ head, stages }: Containerfile): string[] {
  const faults: string[] = [];
  const given = new Map(head.filter(({ word }) => word === 'ARG').map(({ rest }) => [rest.split('=')[0] ?? '', rest]));
  const names = new Set<string>();
  for (const { from, name } of stages) {
    const variable = PINNED.exec(from)?.[1];
    if (!names.has(from) && !PINNED.test(from)) faults.push(`${from} is not pinned by a digest`);
    if (variable !== undefined && given.get(variable) !== variable)
      faults.push(`${variable} must be an argument without a default, before the first stage`);
    if (name !== undefined) names.add(name);
  }
  return faults;
}

function judgeInstruction({ word, rest }: Instruction): string[] {
  const faults: string[] = [];
  if (word === 'ADD') faults.push('ADD may fetch; COPY does not');
  if (word === 'ARG') faults.push(`ARG ${rest}: a stage takes no argument`);
  if (/--mount=\S*type=(secret|ssh)/.test(rest)) faults.push(`${rest}: a build needs no secret`);
  if (/--(platform|privileged|security)\b/.test(rest) || MACHINE.test(rest))
    faults.push(`${rest}: is for one kind of machine`);
  if (word === 'RUN' && FETCHES.test(rest)) faults.push(`RUN ${rest}: fetches what no lock file names`);
  if (word === 'RUN' && /\bnpm\b/.test(rest) && !/^npm ci --ignore-scripts\b/.test(rest))
    faults.push(`RUN ${rest}: expected npm ci --ignore-scripts`);
  if (word === 'ENV') {
    const [name = '', value = ''] = rest.split('=');
    if (SECRET.test(name)) faults.push(`ENV ${name}: looks like a secret`);
    if (/^(SALLYPORT_|DATABASE_)/.test(name) && knownSetting(name, value) !== undefined)
      faults.push(`ENV ${knownSetting(name, value)}`);
  }
  return faults;
}

/** Each path that is copied from the tree is in it; each stage that is copied from is one before. */
function judgeCopies({ stages }: Containerfile, isInTree: (path: string) => boolean): string[] {
  const before = new Set<string>();
  const faults: string[] = [];
  for (const { name, instructions } of stages) {
    for (const { word, rest } of instructions) {
      if (word !== 'COPY') continue;
      const { sources, from } = parseCopy(rest);
      if (from !== undefined && !before.has(from)) faults.push(`COPY ${rest}: there is no stage ${from} before it`);
      for (const source of from === undefined ? sources : [])
        if (source === '.' || !isInTree(source))
          faults.push(`COPY ${source}: ${source === '.' ? 'takes everything' : 'is not in the tree'}`);
    }
    if (name !== undefined) before.add(name);
  }
  return faults;
}

function judgeLast(last: Stage, port: string): string[] {
  const faults: string[] = [];
  const of = (word: string): Instruction[] => last.instructions.filter((one) => one.word === word);
  const [user, ...moreUsers] = of('USER');
  if (user === undefined || moreUsers.length > 0 || !USER.test(user.rest))
    faults.push('USER must be set once, by numbers that are not 0');
  const after = last.instructions.slice(user === undefined ? 0 : last.instructions.indexOf(user) + 1);
  for (const { word, rest } of after) if (word === 'RUN' || word === 'COPY') faults.push(`${word} ${rest}: after USER`);
  const [, healthPort, path = ''] = HEALTH.exec(of('HEALTHCHECK')[0]?.rest ?? '') ?? [];
  if (!HEALTH_ROUTES_PATHS.includes(path))
    faults.push(`HEALTHCHECK asks ${path === '' ? 'nothing' : path}, which no route answers`);
  if (healthPort !== port || of('EXPOSE')[0]?.rest !== port)
    faults.push(`EXPOSE and HEALTHCHECK: expected port ${port}`);
  for (const word of ['ENTRYPOINT', 'CMD', 'STOPSIGNAL'])
    if (of(word).length !== 1) faults.push(`${word} must be set once`);
  for (const word of ['ENTRYPOINT', 'CMD'])
    if (!of(word)[0]?.rest.startsWith('[')) faults.push(`${word}: a shell would take the signals`);
  return faults;
}

export function judgeContainerfile(text: string, isInTree: (path: string) => boolean, port: string): string[] {
  const file = parseContainerfile(text);
  const last = file.stages.at(-1);
  if (last === undefined || file.stages.length < 2)
    return ['there are no two stages: what builds would be in what runs'];
  return [
    ...judgeFrom(file),
    ...file.stages.flatMap(({ instructions }) => instructions.flatMap(judgeInstruction)),
    ...judgeCopies(file, isInTree),
    ...judgeLast(last, port),
  ];
}
