// How decisions on tool calls, held calls and unknown effects are shown, version 1. Nothing here can be pressed: the inbox decides.
import { Ident } from '../components/ident.tsx';
import { Inert, InertLine } from '../components/inert.tsx';
import { Facts, type Renderer, renderer } from './renderer.tsx';
import { count, flag, list, maybe, plain, shape, text } from './shape.ts';

const call = { call_id: text, tool: text };
const reason = shape({ code: text, arg: maybe(text), value: maybe(text), detail: text, sources: list(plain) });

/** What a value came from, as one line: `prompt:task 4–19`, `web.scrape call_1_1 links[0].url`. */
function sourceLine(source: Readonly<Record<string, unknown>>): string {
  const { kind, part, from, to, tool, call_id: id, path } = source;
  return kind === 'prompt'
    ? `said in ${String(part)}, ${String(from)}–${String(to)}`
    : `${String(tool)} ${String(id)} ${String(path)}`;
}

const decided = renderer(
  'Tool call decided',
  'plain',
  shape({
    ...call,
    verdict: text,
    effect: text,
    reasons: list(reason),
    label: shape({ integrity: text, confidentiality: text }),
    sources: list(text),
    rule: shape({ untrusted: flag, private: flag, leaves: flag }),
  }),
  {
    line: ({ tool, verdict, reasons }) => <InertLine text={`${tool}: ${verdict}, ${reasons[0]?.code ?? ''}`} />,
    label: ({ label }) => label,
    detail: ({ call_id: id, tool, effect, verdict, reasons, sources }) => (
      <div className="stack">
        <Facts
          of={{
            Tool: <InertLine text={tool} />,
            Effect: <InertLine text={effect} />,
            Verdict: <InertLine text={verdict} />,
            Call: <code>{id}</code>,
          }}
        />
        <Inert
          text={reasons
            .map(({ code, arg, value, detail, sources: from }) =>
              [
                `${code}${arg === null ? '' : ` (${arg})`}: ${detail}`,
                ...(value === null ? [] : [`  value: ${value}`]),
                ...from.map((source) => `  from: ${sourceLine(source)}`),
              ].join('\n'),
            )
            .join('\n')}
          label="Reasons"
        />
        {sources.length > 0 && <Inert text={sources.join('\n')} label="What the session had read" />}
      </div>
    ),
  },
);

const held = renderer(
  'Tool call held',
  'held',
  shape({ ...call, approval_id: text, rule: text, digest: text, approvers: count, expires_at: text }),
  {
    line: ({ tool, rule }) => <InertLine text={`${tool}: ${rule}`} />,
    detail: (one) => (
      <Facts
        of={{
          Tool: <InertLine text={one.tool} />,
          Because: <InertLine text={one.rule} />,
          Approval: <Ident id={one.approval_id} what="approval id" />,
          Digest: <Ident id={one.digest} what="digest" />,
          'People who must approve': one.approvers,
          'Denied if nobody decides by': <InertLine text={one.expires_at} />,
          Call: <code>{one.call_id}</code>,
        }}
      />
    ),
  },
);

export const DECISION_EVENTS: Readonly<Record<string, Renderer>> = {
  'tool.call.decided@1': decided,
  'tool.call.held@1': held,
  'tool.call.approved@1': renderer(
    'Tool call approved',
    'plain',
    shape({ ...call, approval_id: text, digest: text, decided_by: list(text) }),
    {
      line: ({ tool }) => <InertLine text={tool} />,
      detail: (one) => (
        <Facts
          of={{
            Tool: <InertLine text={one.tool} />,
            By: one.decided_by.map((id) => <Ident key={id} id={id} what="user id" />),
            Digest: <Ident id={one.digest} what="digest" />,
          }}
        />
      ),
    },
  ),
  'tool.call.expired@1': renderer('Tool call expired', 'bad', shape({ ...call, approval_id: text, held_at: text }), {
    line: ({ tool }) => <InertLine text={`${tool}: nobody approved it in time`} />,
    detail: ({ tool, held_at: at }) => (
      <Facts of={{ Tool: <InertLine text={tool} />, 'Held since': <InertLine text={at} /> }} />
    ),
  }),
  'effect.unknown@1': renderer('Effect unknown', 'bad', shape({ ...call, effect_key: text, reason: text }), {
    line: ({ tool }) => <InertLine text={`${tool}: nobody knows whether it took place`} />,
    detail: ({ tool, effect_key: key, reason: why }) => (
      <Facts
        of={{ Tool: <InertLine text={tool} />, 'Effect key': <code>{key}</code>, Because: <InertLine text={why} /> }}
      />
    ),
  }),
  'human.message@1': renderer(
    'Message of a person',
    'plain',
    shape({ author: text, about: text, parts: list(shape({ kind: text, text })) }),
    {
      line: ({ parts }) => <InertLine text={parts[0]?.text ?? ''} />,
      detail: ({ author, about, parts }) => (
        <div className="stack">
          <Facts of={{ Author: <Ident id={author} what="user id" />, About: <InertLine text={about} /> }} />
          <Inert text={parts.map((part) => part.text).join('\n')} label="What was said" />
        </div>
      ),
    },
  ),
};
