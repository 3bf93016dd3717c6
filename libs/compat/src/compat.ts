// Owns the reading of SKILL.md: strict, one verdict, every problem named.
// Promises that an unknown key of ours is refused and that the digest covers the whole folder.
// Must never run or fetch anything that a skill names.
export type { Problem } from './front-matter.ts';
export { digestFolder, type ParsedSkill, parseSkill, type Skill, type SkillRequests } from './skill.ts';
