// What a person sees before approving: everything that would be executed, and whose word each part is (R16, R17). Sentences are constants.
import { flagAddress, showInert } from './names.ts';
import { sanitize } from './sanitize.ts';
import type { Stated } from './stated.ts';
import type { Effect } from './tool-label.ts';
import type { ApprovalCard, Judged, Reason, RuleOfTwo } from './verdict.ts';

const IRREVERSIBLE: Readonly<Record<Effect, string>> = {
  read: 'Reading changes nothing, but what was read stays with the session.',
  egress: 'What the request carries cannot be taken back.',
  write: 'The store of the tenant changes.',
  send: 'What is sent cannot be taken back.',
  pay: 'Money leaves and may not come back.',
  destroy: 'What is destroyed cannot be restored here.',
  credential: 'A secret or a right changes hands.',
};

export function buildCard(input: {
  readonly token: string;
  readonly tool: string;
  readonly effect: Effect;
  readonly judged: readonly Judged[];
  readonly reasons: readonly Reason[];
  readonly rule: RuleOfTwo;
  readonly stated: Stated;
}): ApprovalCard {
  const { token, tool, effect, judged, reasons, rule, stated } = input;
  const known = [
    ...stated.urls.keys(),
    ...stated.texts.flatMap((text) => text.match(/[^\s<>(),;]{3,100}/g) ?? []),
  ].slice(0, 2_000);
  return {
    token,
    tool: showInert(tool, 120),
    effect,
    arguments: judged.map(({ leaf, label, justification }) => ({
      path: showInert(leaf.path, 120),
      role: label.role,
      shown: label.secret === true ? '[secret]' : showInert(String(leaf.value)),
      ground: justification.ground,
      sources: justification.sources,
      flags: typeof leaf.value === 'string' && label.role !== 'content' ? flagAddress(leaf.value, known) : [],
      findings: label.secret === true ? [] : sanitize(String(leaf.value)).findings,
    })),
    why: reasons.map((reason) => ({
      ...reason,
      ...(reason.arg === undefined ? {} : { arg: showInert(reason.arg, 120) }),
      ...(reason.value === undefined ? {} : { value: showInert(reason.value) }),
    })),
    irreversible: IRREVERSIBLE[effect],
    rule,
  };
}
