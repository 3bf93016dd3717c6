// From the files of a folder to what a run needs of it. What a skill asks for that nobody would act upon is refused, not passed over.
import { digestFolder, findUnjudged, parseSkill } from '@sallyport/compat';
import type { Budget } from '@sallyport/contracts';
import { type FolderProblem, refuse, type SkillFile } from './folder/folder.ts';

/** What a skill asks for. A request, never a permission. */
export interface Asks {
  readonly tools: readonly string[];
  /** `host:port`, `*.name:port`, or `@input`. */
  readonly egress: readonly string[];
  readonly entityTypes: readonly string[];
  readonly dataClasses: readonly string[];
  readonly budget: Budget;
}

/** What is known of a skill without its body. */
export interface SkillFacts extends Asks {
  readonly description: string;
  readonly license: string | null;
  /** JSON Schema of a run's input; undefined where any input will do. */
  readonly inputSchema: Readonly<Record<string, unknown>> | undefined;
}

export interface Skill extends SkillFacts {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the whole folder, lower-case hex. */
  readonly digest: string;
  readonly body: string;
}

/** Where a skill names no limit. */
const USUAL = { tokens: 100_000, cost: '1.00', seconds: 600, calls: 40 } as const;
const MOST_SCHEMA = 64 * 1024;

/** The word for "what the person stated". */
export const STATED = '@input';

function textOf({ path, bytes }: SkillFile): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse([{ path, code: 'not_text', message: 'is not UTF-8' }]);
  }
}

function readInputs(path: string | undefined, files: readonly SkillFile[]): SkillFacts['inputSchema'] {
  if (path === undefined) return undefined;
  const problem = (message: string): never => refuse([{ path: path.slice(0, 300), code: 'bad_inputs', message }]);
  const file = files.find((one) => one.path === path);
  if (file === undefined) return problem('is no file of the folder');
  if (file.bytes.length > MOST_SCHEMA) return problem(`is larger than ${MOST_SCHEMA} bytes`);
  const schema = parseJson(textOf(file));
  if (schema === null || typeof schema !== 'object' || Array.isArray(schema)) return problem('is no JSON Schema');
  const [unjudged] = findUnjudged(schema);
  // What is not judged would let everything through.
  if (unjudged !== undefined) return problem(`${unjudged.keyword}: ${unjudged.why}`);
  return schema as Readonly<Record<string, unknown>>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Throws `invalid_skill` with what is wrong. `folder` is the name of the folder. */
export function skillOf(files: readonly SkillFile[], folder: string): Skill {
  const main = files.find((file) => file.path === 'SKILL.md');
  if (main === undefined) return refuse([{ path: 'SKILL.md', code: 'no_skill_md', message: 'is missing' }]);
  const parsed = parseSkill(textOf(main), folder);
  if (!parsed.ok)
    return refuse(
      parsed.problems.map(({ code, detail }) => ({ path: 'SKILL.md', code, message: detail.slice(0, 300) })),
    );
  const { skill } = parsed;
  const { sallyport: asked } = skill;
  const refused: FolderProblem[] = [
    ...asked.unread.map((key) => ({
      path: 'SKILL.md',
      code: 'not_supported',
      message: `${key} is not acted upon yet`,
    })),
    ...asked.tools
      .filter(({ approval }) => approval)
      .map(({ tool }) => ({
        path: 'SKILL.md',
        code: 'not_supported',
        message: `${tool}?approval is not acted upon yet`,
      })),
  ];
  if (refused.length > 0) refuse(refused);
  const { budget } = asked;
  const { allowedTools } = skill;
  return {
    name: skill.name,
    version: asked.version ?? '0.0.0',
    description: skill.description,
    license: skill.license ?? null,
    digest: digestFolder(files),
    body: skill.body,
    // `allowed-tools` is a word from outside: it takes away and gives nothing.
    tools: asked.tools.map(({ tool }) => tool).filter((tool) => allowedTools?.includes(tool) ?? true),
    egress: asked.egress,
    entityTypes: asked.entities,
    dataClasses: asked.dataClasses,
    budget: {
      tokens: budget.tokens ?? USUAL.tokens,
      cost: budget.usd ?? USUAL.cost,
      seconds: budget.seconds ?? USUAL.seconds,
      calls: budget.calls ?? USUAL.calls,
    },
    inputSchema: readInputs(asked.inputs, files),
  };
}

/** A skill that names no class above `public` reads nothing private. */
export function readsPrivate({ dataClasses }: Asks): boolean {
  return dataClasses.some((name) => name !== 'public');
}
