// Owns two questions: may data written under one schema be read under another, and is this SKILL.md whole.
// Promises a yes that is proven, a no that can be shown, and unknown for the rest; that an unknown key of ours is refused in a skill.
// Must never run or fetch anything that a schema or a skill names.

export { checkValue, findUnjudged, type Unjudged } from './check-value.ts';
export { type Answer, type CompareOptions, type Comparison, compare, type Direction, type Reason } from './compare.ts';
export type { Fault, Verdict } from './schema/verdict.ts';
export type { Problem } from './skills/front-matter.ts';
export { digestFolder, type ParsedSkill, parseSkill, type Skill, type SkillRequests } from './skills/skill.ts';
export { type SkillVerdict, validateSkill, validateSkillFolder } from './skills/validate.ts';
