// Owns the skills that a run may name: those of the release, and the folders that a tenant uploads, each under the digest of all its bytes.
// Promises that a skill is a request, and that a tenant's own skill is nobody's instruction before a person approved exactly its bytes.
// Must never run anything from a skill's folder (DEC-010), nor take a word of the folder for a permission.
export { approveSkill, WIDEN, withdrawApproval } from './approve-skill.ts';
export { findByDigest, findForRun } from './find-skill.ts';
export { readArchive, type SkillFile } from './folder/folder.ts';
export { loadSkills, type ShippedSkill, type Skills } from './shipped.ts';
export { type Asks, readsPrivate, type Skill, type SkillFacts, STATED } from './skill.ts';
export { currentOf, listStored, loadFacts, type OpenedSkill, openStored, type StoredSkill } from './stored.ts';
export { removeSkill, uploadSkill } from './upload-skill.ts';
export { compareAsks } from './widening.ts';
