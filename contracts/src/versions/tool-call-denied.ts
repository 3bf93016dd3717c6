// Version 1 said that a call was denied, and only a magic word told a person's no from that of a rule. Version 2 says by whom, and which
// card a person had before them. Both are denials: neither direction makes one look like anything else.
import { Type } from 'typebox';
import { CallId, closed, Word } from '../shapes.ts';
import type { Data, Step, Told } from './step.ts';

export const DENIED_BY_PERSON = 'denied_by_person';

const older = closed({ call_id: CallId, tool: Word, reason: Word, detail: Type.String({ maxLength: 500 }) });

function up(data: Data, { actor }: Told): Data {
  const person = data.reason === DENIED_BY_PERSON && actor.kind === 'user';
  return { ...data, by: person ? { kind: 'person', user_id: actor.id } : { kind: 'rule' } };
}

function down({ by: _by, ...data }: Data): Data {
  return data;
}

export const toolCallDenied: Step = {
  type: 'tool.call.denied',
  from: 1,
  older,
  up,
  down,
  loses: ['/by/approval_id', '/by/digest'],
};
