import { pageOf, SkillSummary } from '@sallyport/contracts';
import type { Skill } from '../../skills/skills.ts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { whole } from '../message/cursor.ts';
import { type Route, route } from '../route.ts';

function summarize(skill: Skill): SkillSummary {
  const { name, version, description, digest, tools, egress, entityTypes, budget } = skill;
  return { name, version, description, digest, tools, egress, entity_types: entityTypes, budget };
}

export const skillRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/skills',
    access: 'tenant',
    summary: 'Lists the skills that a run may name, with what each asks for.',
    answers: [answer(pageOf(SkillSummary), 'The skills, all of them.')],
    handle: async ({ services }) => ok(whole(services.skills.list().map(summarize))),
  }),
];
