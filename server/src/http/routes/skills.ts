// Skills: those of the release, and folders that a tenant uploads. Uploading gives nothing the right to run; approving does.
import {
  ApproveSkill,
  pageOf,
  Skill,
  SkillFileQuery,
  SkillSummary,
  SkillVersion,
  SkillVersionSummary,
} from '@sallyport/contracts';
import { fault } from '../../errors.ts';
import { approveSkill, readArchive, removeSkill, uploadSkill, withdrawApproval } from '../../skills/skills.ts';
import { answer, bytesOfArtifact, made, nothing } from '../answer-spec.ts';
import { created, noContent, ok } from '../message/answer.ts';
import { contentHeaders, readUploadType } from '../message/content.ts';
import { whole } from '../message/cursor.ts';
import { readBody } from '../message/read-body.ts';
import { type Route, route } from '../route.ts';
import { listSkills, openFile, showSkill, showVersion } from '../skills/skills.ts';

/** Of the archive; what it holds is bounded by itself. */
const MOST_ARCHIVE = 2 * 1024 * 1024;
const ARCHIVE_TYPES: ReadonlySet<string> = new Set([
  'application/zip',
  'application/x-zip-compressed',
  'application/octet-stream',
]);

const VERSION = '/v1/skills/{name}/versions/{version}';

export const skillRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/skills',
    access: 'tenant',
    summary:
      'Lists the skills of the release and of the tenant, with what each asks for. A run may name those whose state is `approved`.',
    answers: [answer(pageOf(SkillSummary), 'The skills, all of them, by name.')],
    handle: async ({ services, scope }) => ok(whole(await listSkills(scope, services.skills))),
  }),
  route({
    method: 'POST',
    path: '/v1/skills',
    access: 'skills:write',
    summary:
      'Uploads a version of a skill: a ZIP file that holds one folder, named like the skill, with its SKILL.md. It may do nothing before a person approves it.',
    raw: true,
    headers: { 'content-type': '`application/zip`.' },
    answers: [
      made(SkillVersion, 'The version, pending.'),
      answer(SkillVersion, 'The same bytes were there already: the version as it stands.'),
    ],
    faults: ['invalid_skill', 'conflict', 'disk_full'],
    handle: async ({ services, principal, scope, header, content }) => {
      if (!ARCHIVE_TYPES.has(readUploadType(header('content-type')))) throw fault('unsupported_media_type');
      if (await services.disk.full()) throw fault('disk_full');
      const bytes = await readBody(content, header('content-length'), MOST_ARCHIVE);
      const sent = readArchive(bytes);
      const { name, version, fresh } = await services.db.atomic(principal, (tx) =>
        uploadSkill(tx, principal, services.skills, sent),
      );
      const shown = await showVersion(scope, services, name, version);
      return fresh ? created(`/v1/skills/${name}/versions/${version}`, shown) : ok(shown);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/skills/{name}',
    access: 'skills:read',
    summary: 'Shows a skill with all its versions, newest first.',
    answers: [answer(Skill, 'The skill.')],
    handle: async ({ services, scope, params }) => ok(await showSkill(scope, services.skills, params.name)),
  }),
  route({
    method: 'GET',
    path: '/v1/skills/{name}/versions',
    access: 'skills:read',
    summary: 'Lists the versions of a skill, newest first.',
    answers: [answer(pageOf(SkillVersionSummary), 'The versions, all of them.')],
    handle: async ({ services, scope, params }) =>
      ok(whole((await showSkill(scope, services.skills, params.name)).versions)),
  }),
  route({
    method: 'GET',
    path: VERSION,
    access: 'skills:read',
    summary:
      'Shows what a version may do, what the tenant would grant of it now, and what it changes against the approved version.',
    answers: [answer(SkillVersion, 'The version.')],
    handle: async ({ services, scope, params }) => ok(await showVersion(scope, services, params.name, params.version)),
  }),
  route({
    method: 'GET',
    path: `${VERSION}/file`,
    access: 'skills:read',
    summary: 'Sends one file of a version, in a form that no browser runs.',
    query: SkillFileQuery,
    answers: [bytesOfArtifact],
    handle: async ({ services, scope, params, query }) => {
      const { content, ...file } = await openFile(scope, services.skills, params, query.path);
      return { status: 200, headers: contentHeaders({ ...file, bytes: content.length }), bytes: content };
    },
  }),
  route({
    method: 'POST',
    path: `${VERSION}/approval`,
    access: 'skills:approve',
    summary:
      'Approves the bytes of a version, under the digest that was looked at. A version that may do more than the approved one takes `skills:widen`.',
    body: ApproveSkill,
    sample: { digest: '0'.repeat(64) },
    answers: [answer(SkillVersion, 'The version as it stands now.')],
    faults: ['already_decided', 'digest_changed', 'uploader_may_not', 'widens'],
    handle: async ({ services, principal, scope, params, body }) => {
      const { name, version } = params;
      await services.db.atomic(principal, (tx) => approveSkill(tx, principal, name, version, body.digest));
      return ok(await showVersion(scope, services, name, version));
    },
  }),
  route({
    method: 'DELETE',
    path: `${VERSION}/approval`,
    access: 'skills:approve',
    summary: 'Takes the approval back: no run of the version begins any more, and those that began end as they are.',
    answers: [answer(SkillVersion, 'The version as it stands now.')],
    faults: ['already_decided'],
    handle: async ({ services, principal, scope, params }) => {
      const { name, version } = params;
      await services.db.atomic(principal, (tx) => withdrawApproval(tx, principal, name, version));
      return ok(await showVersion(scope, services, name, version));
    },
  }),
  route({
    method: 'DELETE',
    path: VERSION,
    access: 'skills:write',
    summary: 'Removes a version. Runs that have ended keep its digest; while one is open it stays.',
    answers: [nothing('It is gone.')],
    faults: ['conflict'],
    handle: async ({ services, principal, params }) => {
      await services.db.atomic(principal, (tx) => removeSkill(tx, params.name, params.version));
      return noContent;
    },
  }),
];
