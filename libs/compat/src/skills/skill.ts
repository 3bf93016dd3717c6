// SKILL.md: the open format, strictly, and our metadata keys on top of it. What a skill asks for is a request, never a permission.
import { createHash } from 'node:crypto';
import { type FrontMatter, type Problem, parseFrontMatter } from './front-matter.ts';
import { validateSkill } from './validate.ts';

export interface SkillRequests {
  readonly version: string | undefined;
  readonly tools: readonly { readonly tool: string; readonly approval: boolean }[];
  /** `host:port` patterns, or `@input` for the hosts that a person stated. */
  readonly egress: readonly string[];
  readonly entities: readonly string[];
  readonly dataClasses: readonly string[];
  readonly budget: {
    readonly usd?: string;
    readonly tokens?: number;
    readonly seconds?: number;
    readonly calls?: number;
  };
  /** Path of a JSON Schema within the folder, for the input of a run. */
  readonly inputs: string | undefined;
  /** Keys that stand in the file and that no reader acts upon yet; who takes a skill in decides what that means. */
  readonly unread: readonly string[];
}

export interface Skill {
  readonly name: string;
  readonly description: string;
  readonly license: string | undefined;
  /** Words of `allowed-tools`; they may only narrow what `sallyport/tools` asks for. */
  readonly allowedTools: readonly string[] | undefined;
  readonly body: string;
  readonly sallyport: SkillRequests;
}

export type ParsedSkill =
  | { readonly ok: true; readonly skill: Skill }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const MOST_CHARACTERS = 256 * 1024;
const TOP = new Set(['name', 'description', 'license', 'compatibility', 'metadata', 'allowed-tools']);
const OURS = new Set(
  [
    'contract',
    'version',
    'tools',
    'egress',
    'entities',
    'data-classes',
    'budget',
    'model',
    'inputs',
    'outputs',
    'policy-file',
  ].map((key) => `sallyport/${key}`),
);
const UNREAD = ['sallyport/model', 'sallyport/outputs', 'sallyport/policy-file'];
const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Parses and validates a SKILL.md that lies in a folder of this name. Never throws on bad input. */
export function parseSkill(text: string, folder: string): ParsedSkill {
  const refuse = (code: string, detail: string): ParsedSkill => ({ ok: false, problems: [{ code, detail }] });
  if (text.length > MOST_CHARACTERS) return refuse('too_large', `longer than ${MOST_CHARACTERS} characters`);
  if (text.includes('\0') || !text.isWellFormed()) return refuse('not_text', 'the file is not well-formed text');
  const lines = text.split(/\r?\n/);
  const end = lines.indexOf('---', 1);
  if (lines[0] !== '---' || end === -1)
    return refuse('no_front_matter', 'the file must begin with front matter between two lines of ---');
  // Other readers end the front matter at the next three hyphens, and would read another skill.
  if (lines.slice(1, end).some((line) => line.includes('---')))
    return refuse('yaml_unsupported', 'three hyphens inside the front matter');
  const front = parseFrontMatter(lines.slice(1, end));
  if (!front.ok) return { ok: false, problems: [front.problem] };
  const problems = checkTop(front.value, folder);
  const metadata = front.value.get('metadata');
  const requests = readRequests(metadata instanceof Map ? metadata : new Map(), problems);
  // Whatever we take in is a skill to every other reader too.
  if (problems.length === 0) problems.push(...validateSkill(text, { directory: folder }).errors);
  if (problems.length > 0) return { ok: false, problems };
  const license = front.value.get('license');
  const allowed = front.value.get('allowed-tools');
  return {
    ok: true,
    skill: {
      name: String(front.value.get('name')),
      description: String(front.value.get('description')),
      license: typeof license === 'string' ? license : undefined,
      allowedTools: typeof allowed === 'string' ? words(allowed) : undefined,
      body: lines
        .slice(end + 1)
        .join('\n')
        .trim(),
      sallyport: requests,
    },
  };
}

function checkTop(front: FrontMatter, folder: string): Problem[] {
  const problems: Problem[] = [];
  const add = (code: string, detail: string): void => void problems.push({ code, detail });
  for (const [key, value] of front) {
    if (!TOP.has(key)) add('unknown_field', key);
    else if ((key === 'metadata') === (typeof value === 'string')) add('wrong_type', key);
  }
  const name = front.get('name');
  if (typeof name !== 'string' || name.length > 64 || !NAME.test(name))
    add('bad_name', 'name: 1 to 64 of a-z, 0-9 and single hyphens');
  else if (name !== folder.normalize('NFKC')) add('name_mismatch', `name ${name} is not the folder's ${folder}`);
  const description = front.get('description');
  if (typeof description !== 'string' || description.length === 0 || description.length > 1024)
    add('bad_description', 'description: 1 to 1024 characters');
  const compatibility = front.get('compatibility');
  if (typeof compatibility === 'string' && (compatibility.length === 0 || compatibility.length > 500))
    add('bad_compatibility', 'compatibility: 1 to 500 characters');
  return problems;
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}

function readRequests(metadata: ReadonlyMap<string, string>, problems: Problem[]): SkillRequests {
  const add = (code: string, detail: string): void => void problems.push({ code, detail });
  for (const key of metadata.keys()) if (key.startsWith('sallyport/') && !OURS.has(key)) add('unknown_key', key);
  const get = (key: string): string | undefined => metadata.get(`sallyport/${key}`);
  const contract = get('contract');
  if (contract !== undefined && contract !== '1') add('unknown_contract', contract);
  const version = get('version');
  if (version !== undefined && !/^\d+\.\d+\.\d+$/.test(version)) add('bad_version', version);
  const tools = words(get('tools')).map((word) => {
    if (!/^[a-z0-9_-]+(\.[a-z0-9_-]+)+(\?approval)?$/.test(word)) add('bad_tool', word);
    return { tool: word.replace('?approval', ''), approval: word.endsWith('?approval') };
  });
  const egress = words(get('egress'));
  for (const host of egress)
    if (host !== '@input' && !/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+:\d{1,5}$/.test(host)) add('bad_egress', host);
  const entities = words(get('entities'));
  for (const type of entities) if (!/^[a-z0-9-]+@\d+$/.test(type)) add('bad_entity', type);
  return {
    version,
    tools,
    egress,
    entities,
    dataClasses: words(get('data-classes')),
    budget: readBudget(get('budget'), add),
    inputs: get('inputs'),
    unread: UNREAD.filter((key) => metadata.has(key)),
  };
}

function readBudget(text: string | undefined, add: (code: string, detail: string) => void): SkillRequests['budget'] {
  const budget: { usd?: string; tokens?: number; seconds?: number; calls?: number } = {};
  for (const word of words(text)) {
    const match = /^(usd|tokens|seconds|calls)=(\d{1,10}(?:\.\d{1,6})?)$/.exec(word);
    const [, kind, value = ''] = match ?? [];
    if (kind === 'usd') budget.usd = value;
    else if ((kind === 'tokens' || kind === 'seconds' || kind === 'calls') && !value.includes('.'))
      budget[kind] = Number(value);
    else add('bad_budget', word);
  }
  return budget;
}

/** SHA-256 in hex over every file of a folder: paths sorted by code unit, each path and content prefixed by its length in 8 bytes. */
export function digestFolder(files: readonly { readonly path: string; readonly bytes: Uint8Array }[]): string {
  const hash = createHash('sha256').update('sallyport.skill.v1\0');
  const add = (bytes: Uint8Array): void => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(bytes.length));
    hash.update(length).update(bytes);
  };
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    add(Buffer.from(file.path, 'utf8'));
    add(file.bytes);
  }
  return hash.digest('hex');
}
