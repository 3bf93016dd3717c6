// Owns what the folder of a skill may be: its bounds, its names, the archive in which it comes, and the bytes as which it is kept.
// Promises that a folder which was taken has one reading on every system: no path leaves it, and no two names are one name elsewhere.
// Must never write a file, follow a link, or run anything that a folder holds (DEC-010).
export { readArchive } from './archive.ts';
export { packFolder, unpackFolder } from './packing.ts';
export { demandFolder, type FolderProblem, MOST_BYTES, MOST_FILES, refuse, type SkillFile } from './path-rules.ts';
