// How the events of a run and of its steps are shown, version 1.
import { Ident } from '../components/ident.tsx';
import { Inert, InertLine } from '../components/inert.tsx';
import { money } from '../components/money.ts';
import { ArtifactLink } from './links.tsx';
import { Facts, type Renderer, renderer } from './renderer.tsx';
import { count, flag, list, maybe, plain, shape, text } from './shape.ts';

const budget = shape({ tokens: count, cost: text, seconds: count, calls: count });

const created = renderer(
  'Run created',
  'plain',
  shape({
    skill: shape({ name: text, version: text, digest: text }),
    model: text,
    budget,
    input_artifacts: list(text),
  }),
  {
    line: ({ skill, model }) => `${skill.name}@${skill.version} on ${model}`,
    detail: ({ skill, model, budget: most, input_artifacts: inputs }) => (
      <Facts
        of={{
          Skill: `${skill.name}@${skill.version}`,
          'Digest of the skill': <Ident id={skill.digest} what="digest" />,
          Model: model,
          Budget: `${money(most.cost)}, ${most.tokens} tokens, ${most.seconds} s, ${most.calls} calls`,
          'Input artifacts': inputs.length === 0 ? '' : inputs.map((id) => <ArtifactLink key={id} id={id} />),
        }}
      />
    ),
  },
);

const succeeded = renderer('Run succeeded', 'good', shape({ outcome: text, artifact_ids: list(text) }), {
  line: ({ outcome }) => <InertLine text={outcome} />,
  detail: ({ outcome, artifact_ids: ids }) => (
    <div className="stack">
      <Inert text={outcome} label="Outcome, written by the model" />
      {ids.map((id) => (
        <ArtifactLink key={id} id={id} />
      ))}
    </div>
  ),
});

const failed = renderer('Run failed', 'bad', shape({ error: shape({ code: text, message: text, retryable: flag }) }), {
  line: ({ error }) => <InertLine text={`${error.code}: ${error.message}`} />,
  detail: ({ error }) => (
    <div className="stack">
      <Facts of={{ Code: <code>{error.code}</code>, 'May be tried again': error.retryable ? 'yes' : 'no' }} />
      <Inert text={error.message} label="Message" />
    </div>
  ),
});

const cancelled = renderer('Run cancelled', 'plain', shape({ by: text, reason: maybe(text) }), {
  line: ({ reason }) => (reason === null ? 'without a reason' : <InertLine text={reason} />),
  detail: ({ by, reason }) => (
    <div className="stack">
      <Facts of={{ By: <InertLine text={by} /> }} />
      {reason !== null && <Inert text={reason} label="Reason" />}
    </div>
  ),
});

const part = (
  value: unknown,
): { kind: string; text: string | null; tool: string | null; arguments: unknown } | undefined =>
  shape({ kind: text, text: maybe(text), tool: maybe(text), arguments: maybe(plain) })(value);

const message = renderer('Model message', 'plain', shape({ step: count, parts: list(part), finish_reason: text }), {
  line: ({ parts }) => {
    const said = parts.flatMap((one) => (one.text === null ? [] : [one.text])).join(' ');
    const calls = parts.filter((one) => one.tool !== null).length;
    if (said !== '') return <InertLine text={said} />;
    return calls === 1 ? '1 tool call' : `${calls} tool calls`;
  },
  detail: ({ step, parts, finish_reason: reason }) => (
    <div className="stack">
      <Facts of={{ Step: step, 'Ended because': <InertLine text={reason} /> }} />
      {parts.map((one, at) => (
        <Inert
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a stored message never change places
          key={at}
          text={one.text ?? JSON.stringify(one.arguments, null, 2) ?? ''}
          label={one.text === null ? `Asks for ${one.tool ?? 'a part of an unknown kind'}` : 'Text of the model'}
        />
      ))}
    </div>
  ),
});

const usage = renderer(
  'Usage',
  'plain',
  shape({ model: text, input_tokens: count, output_tokens: count, cost: text, settlement: text }),
  {
    line: (used) => `${used.input_tokens} in, ${used.output_tokens} out, ${money(used.cost)}`,
    detail: (used) => (
      <Facts
        of={{
          Model: <InertLine text={used.model} />,
          'Tokens in': used.input_tokens,
          'Tokens out': used.output_tokens,
          Cost: money(used.cost),
          Settlement: used.settlement === 'lost' ? 'lost: charged at its upper bound' : used.settlement,
        }}
      />
    ),
  },
);

export const RUN_EVENTS: Readonly<Record<string, Renderer>> = {
  'stream.gap@1': renderer('Not shown', 'plain', shape({ reason: text, type: maybe(text) }), {
    line: () => 'in a version that this console does not know',
    detail: ({ reason, type }) => (
      <Facts of={{ Type: <InertLine text={type ?? ''} />, Because: <InertLine text={reason} /> }} />
    ),
  }),
  'run.created@1': created,
  'run.started@1': renderer('Run started', 'plain', shape({ worker: text }), {
    line: () => 'a worker took it',
    detail: ({ worker }) => <Facts of={{ Worker: <Ident id={worker} what="worker id" /> }} />,
  }),
  'run.resumed@1': renderer('Run resumed', 'plain', shape({ worker: text, epoch: count }), {
    line: ({ epoch }) => `another worker went on, epoch ${epoch}`,
    detail: ({ worker, epoch }) => <Facts of={{ Worker: <Ident id={worker} what="worker id" />, Epoch: epoch }} />,
  }),
  'run.waiting@1': renderer('Run held', 'held', shape({ reason: text }), {
    line: ({ reason }) => <InertLine text={reason} />,
    detail: ({ reason }) => <Inert text={reason} label="Reason" />,
  }),
  'run.succeeded@1': succeeded,
  'run.failed@1': failed,
  'run.cancelled@1': cancelled,
  'step.started@1': renderer('Step started', 'plain', shape({ step: count, name: text }), {
    line: ({ step, name }) => <InertLine text={`step ${step}: ${name}`} />,
    detail: ({ step, name }) => <Facts of={{ Step: step, Name: <InertLine text={name} /> }} />,
  }),
  'step.completed@1': renderer('Step completed', 'plain', shape({ step: count, status: text }), {
    line: ({ step, status }) => <InertLine text={`step ${step}: ${status}`} />,
    detail: ({ step, status }) => <Facts of={{ Step: step, Status: <InertLine text={status} /> }} />,
  }),
  'model.message@1': message,
  'usage.recorded@1': usage,
  'budget.exceeded@1': renderer(
    'Budget exceeded',
    'bad',
    shape({ limit: text, allowed: text, observed: text, action: text }),
    {
      line: ({ limit, allowed }) => <InertLine text={`${limit}: no more than ${allowed}`} />,
      detail: ({ limit, allowed, observed, action }) => (
        <Facts of={{ Limit: limit, Allowed: allowed, Observed: observed, Action: action }} />
      ),
    },
  ),
};
