// One call, decided: schema, pinned definition, grant, provenance, confidentiality, Rule of Two, in this order (R8). Pure, and no model in it.
import { canonicalText, digestOf } from './canonical.ts';
import { buildCard } from './card.ts';
import { FlowError } from './flow-error.ts';
import { isOfTheUser, type Justification } from './justify.ts';
import { judgeArguments, judgeProvenance } from './provenance.ts';
import { findMisfits, type Schema } from './schema.ts';
import { findLabel, leavesTenant, setsC, type ToolLabel, tightenLabel } from './tool-label.ts';
import type { Arguments, Decision, Judged, Reason, RuleOfTwo, Standing } from './verdict.ts';

export function effectiveLabel(standing: Standing, tool: string): ToolLabel {
  return tightenLabel(findLabel(standing.labels, tool), standing.pins?.find(tool)?.definition.annotations);
}

/** What an approval is bound to: session, tool, definition, label, every argument (R18). */
export function callDigest(standing: Standing, tool: string, args: Arguments): string {
  const definition = standing.pins?.find(tool)?.hash ?? '';
  return digestOf({ session: standing.session, tool, definition, label: effectiveLabel(standing, tool), args });
}

export function tokenOf(standing: Standing, digest: string): string {
  return digestOf({ digest, turn: standing.settled.get(digest) ?? 0 });
}

function judgeDefinition(standing: Standing, tool: string, args: Arguments): Reason | undefined {
  const pin = standing.pins?.find(tool);
  const schema: Schema | undefined = pin?.definition.inputSchema;
  const misfits = schema === undefined ? [] : findMisfits(schema, args);
  if (misfits.length > 0) return { code: 'bad_arguments', detail: `The arguments do not fit: ${misfits.join('; ')}.` };
  const server = tool.split('.')[0] ?? '';
  if (pin === undefined && standing.pins?.knows(server) === true)
    return { code: 'definition_unknown', detail: 'The server did not offer this tool.' };
  if (pin?.quarantined === true)
    return { code: 'definition_quarantined', detail: 'The definition of the tool waits for a person.' };
  if (pin !== undefined && standing.shown[tool] !== pin.hash)
    return { code: 'definition_changed', detail: 'The definition is not the one that the session began with.' };
  return undefined;
}

interface Gate {
  readonly hold?: Reason;
  readonly block?: Reason;
}

function judgeGrant(standing: Standing, tool: string, label: ToolLabel): Gate {
  const { grant, memory, policy, used } = standing;
  if (!policy.modelReadsPrivate && label.output.confidentiality === 'private')
    return { block: { code: 'model_not_for_private', detail: 'The provider of the model may not see private data.' } };
  const entry = grant.tools.find((one) => one.tool === tool);
  const calls = used.get(tool) ?? 0;
  const total = [...used.values()].reduce((sum, one) => sum + one, 0);
  if (total >= policy.mostCalls)
    return { block: { code: 'calls_spent', detail: 'The session has used up its calls.' } };
  if (entry !== undefined && entry.count !== undefined && calls >= entry.count)
    return { block: { code: 'count_spent', detail: 'The session has used up its calls of this tool.' } };
  if (entry !== undefined) return {};
  if (label.effect === 'read') {
    const reason = {
      code: 'private_read_outside_grant',
      detail: 'The tool reads private data and is not in the grant.',
    };
    return memory.tainted && label.output.confidentiality === 'private' ? { hold: reason } : {};
  }
  // A grant that was only read from the prompt narrows nothing before there is anyone to obey but the user.
  if (grant.source === 'prompt' && !memory.tainted) return {};
  const reason = { code: 'tool_not_granted', detail: 'The session was not granted this tool.' };
  return policy.outOfGrant === 'approve' ? { hold: reason } : { block: reason };
}

/** Private data may flow only to targets of the user's own choice (R11). */
function judgeConfidentiality(
  standing: Standing,
  tool: ToolLabel,
  judged: readonly Judged[],
  grounds: readonly Justification[],
): Reason[] {
  if (!standing.memory.holdsPrivate || !leavesTenant(tool)) return [];
  const carries = judged.some(
    ({ label, justification }) => label.role !== 'meta' && !isOfTheUser(justification.ground),
  );
  const weak = grounds.find(({ ground }) => !isOfTheUser(ground));
  if (!carries || weak === undefined) return [];
  return [
    {
      code: 'private_to_unchosen_target',
      sources: weak.sources,
      detail: 'The session holds private data, and the user did not choose this target.',
    },
  ];
}

function carriesBody(judged: readonly Judged[]): boolean {
  return judged.some(
    ({ leaf, label }) =>
      label.secret === true || (label.role === 'content' && leaf.value !== null && leaf.value !== ''),
  );
}

function ruleOfTwo(standing: Standing, tool: ToolLabel, judged: readonly Judged[]): RuleOfTwo {
  return { A: standing.memory.tainted, B: standing.memory.holdsPrivate, C: setsC(tool, carriesBody(judged)) };
}

const MOST_TOLD = 50;

/** Whose word each target and parameter of an allowed call is: the evidence of the decision. */
function tellGrounds(judged: readonly Judged[], grounds: readonly Justification[]): Reason[] {
  return judged
    .filter(({ justification }) => grounds.includes(justification))
    .slice(0, MOST_TOLD)
    .map(({ leaf, label, justification: { ground, sources } }) => ({
      code: `${label.role}_${ground === 'none' ? 'untainted' : ground}`,
      arg: leaf.path,
      sources,
      detail: ground === 'none' ? 'Nothing untrusted had been read.' : 'The value is justified.',
    }));
}

function judgeCall(standing: Standing, tool: string, args: Arguments, ask: Reason | undefined): Decision {
  const block = (...reasons: readonly Reason[]): Decision => ({ verdict: 'block', reasons });
  if (canonicalText(args) === '' || args === null || typeof args !== 'object' || Array.isArray(args))
    return block({ code: 'bad_arguments', detail: 'The arguments are no object.' });
  const definition = judgeDefinition(standing, tool, args);
  if (definition !== undefined) return block(definition);
  const label = effectiveLabel(standing, tool);
  const gate = judgeGrant(standing, tool, label);
  if (gate.block !== undefined) return block(gate.block);
  const { judged, whole } = judgeArguments(standing, label, args);
  if (!whole) return block({ code: 'bad_arguments', detail: 'The arguments hold too many values.' });
  const hasSchema = standing.pins?.find(tool)?.definition.inputSchema !== undefined;
  const { holds, blocks, grounds } = judgeProvenance(standing, label, judged, hasSchema);
  if (blocks.length > 0) return block(...blocks);
  const digest = callDigest(standing, tool, args);
  if (standing.denied.has(digest)) return block({ code: 'denied_before', detail: 'A person denied this very call.' });
  const rule = ruleOfTwo(standing, label, judged);
  const reasons = [
    ...(gate.hold === undefined ? [] : [gate.hold]),
    ...holds,
    ...judgeConfidentiality(standing, label, judged, grounds),
  ];
  const weak = grounds.some(({ ground }) => ground === 'none') || gate.hold !== undefined;
  if (rule.A && rule.B && rule.C && weak)
    reasons.push({ code: 'rule_of_two', detail: 'Untrusted input, private data and an effect outside come together.' });
  if (ask !== undefined) reasons.push(ask);
  const token = tokenOf(standing, digest);
  if (reasons.length === 0)
    return {
      verdict: 'allow',
      token,
      reasons: [
        { code: 'justified', detail: 'In the grant, and every value is justified.' },
        ...tellGrounds(judged, grounds),
      ],
    };
  return {
    verdict: 'approve',
    reasons,
    token,
    card: buildCard({ token, tool, effect: label.effect, judged, reasons, rule, stated: standing.stated }),
  };
}

/** Any fault of ours is a block, before execution (R8). `ask`: a hold of the deployer's own; it adds to the others and lifts none. */
export function decideCall(standing: Standing, tool: string, args: Arguments, ask?: Reason): Decision {
  try {
    return judgeCall(standing, tool, args, ask);
  } catch (error) {
    const code = error instanceof FlowError ? 'bad_arguments' : 'internal_error';
    return { verdict: 'block', reasons: [{ code, detail: 'The call could not be judged.' }] };
  }
}

export function callSetsC(standing: Standing, tool: string, args: Arguments): boolean {
  const label = effectiveLabel(standing, tool);
  return setsC(label, carriesBody(judgeArguments(standing, label, args).judged));
}
