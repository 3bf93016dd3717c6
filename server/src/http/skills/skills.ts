// Owns how skills are shown over HTTP: those of the release and those of the tenant in one list, and what a person has to see to approve one.
// Promises that what a version may do, and what it may do beyond the approved one, is told from the bytes that would run.
// Must never decide anything: it shows what the rooms below decide.
export { listSkills, openFile, showSkill, showVersion } from './views.ts';
