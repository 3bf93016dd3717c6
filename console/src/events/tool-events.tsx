// How tool calls and what they left behind are shown, version 1.
import { Ident } from '../components/ident.tsx';
import { Inert, InertLine } from '../components/inert.tsx';
import { bytes, duration } from '../components/moment.tsx';
import { ArtifactLink } from './links.tsx';
import { Facts, type Renderer, renderer } from './renderer.tsx';
import { count, flag, list, maybe, plain, shape, text } from './shape.ts';

const call = { call_id: text, tool: text };
const pretty = (value: unknown): string => JSON.stringify(value, null, 2) ?? '';

const requested = renderer(
  'Tool call asked for',
  'plain',
  shape({ ...call, arguments: plain, arguments_digest: text, effect: text }),
  {
    line: ({ tool, arguments: given }) => <InertLine text={`${tool} ${JSON.stringify(given)}`} />,
    detail: ({ call_id: id, tool, arguments: given, arguments_digest: digest, effect }) => (
      <div className="stack">
        <Facts
          of={{
            Tool: <InertLine text={tool} />,
            Effect: <InertLine text={effect} />,
            Call: <code>{id}</code>,
            'Digest of the arguments': <Ident id={digest} what="digest" />,
          }}
        />
        <Inert text={pretty(given)} label="Arguments, written by the model" />
      </div>
    ),
  },
);

const completed = renderer(
  'Tool call completed',
  'good',
  shape({
    ...call,
    rendering: maybe(text),
    rendering_artifact: maybe(text),
    artifact_id: maybe(text),
    bytes: count,
    duration_ms: count,
    findings: count,
    label: shape({ integrity: text, confidentiality: text }),
  }),
  {
    line: (done) => <InertLine text={`${done.tool}: ${bytes(done.bytes)} in ${duration(done.duration_ms)}`} />,
    label: (done) => done.label,
    detail: (done) => (
      <div className="stack">
        <Facts
          of={{
            Tool: <InertLine text={done.tool} />,
            Took: duration(done.duration_ms),
            Size: bytes(done.bytes),
            'Hidden or hostile signs found': done.findings === 0 ? 'none' : done.findings,
            Artifact: done.artifact_id === null ? '' : <ArtifactLink id={done.artifact_id} />,
            'What the model saw': done.rendering_artifact === null ? '' : <ArtifactLink id={done.rendering_artifact} />,
            Call: <code>{done.call_id}</code>,
          }}
        />
        {done.rendering !== null && <Inert text={done.rendering} label="Result, as the model saw it" />}
      </div>
    ),
  },
);

const failed = renderer(
  'Tool call failed',
  'bad',
  shape({ ...call, error: shape({ code: text, message: text }), retryable: flag }),
  {
    line: ({ tool, error }) => <InertLine text={`${tool}: ${error.message}`} />,
    detail: ({ call_id: id, tool, error, retryable }) => (
      <div className="stack">
        <Facts
          of={{
            Tool: <InertLine text={tool} />,
            Code: <code>{error.code}</code>,
            'May be tried again': retryable ? 'yes' : 'no',
            Call: <code>{id}</code>,
          }}
        />
        <Inert text={error.message} label="Message" />
      </div>
    ),
  },
);

/** Version 1 does not say by whom. */
const denied = renderer(
  'Tool call denied',
  'bad',
  shape({
    ...call,
    reason: text,
    detail: text,
    by: maybe(shape({ kind: text, user_id: maybe(text), approval_id: maybe(text) })),
  }),
  {
    line: ({ tool, reason }) => <InertLine text={`${tool}: ${reason}`} />,
    detail: ({ call_id: id, tool, reason, detail, by }) => (
      <div className="stack">
        <Facts
          of={{
            Tool: <InertLine text={tool} />,
            Reason: <InertLine text={reason} />,
            By: by === null ? '' : by.user_id ? <Ident id={by.user_id} what="user id" /> : <InertLine text={by.kind} />,
            Approval: by?.approval_id ? <Ident id={by.approval_id} what="approval id" /> : '',
            Call: <code>{id}</code>,
          }}
        />
        {detail !== '' && <Inert text={detail} label="Because" />}
      </div>
    ),
  },
);

const entity = renderer(
  'Entity found',
  'good',
  shape({ entity_id: text, type: text, version: count, attributes: plain, evidence: list(text) }),
  {
    line: ({ type, attributes }) => <InertLine text={`${type} ${String(attributes.title ?? '')}`} />,
    detail: ({ entity_id: id, type, version, attributes, evidence }) => (
      <div className="stack">
        <Facts
          of={{
            Type: `${type}@${version}`,
            Entity: <Ident id={id} what="entity id" />,
            Evidence: evidence.map((one) => <ArtifactLink key={one} id={one} />),
          }}
        />
        <Inert text={pretty(attributes)} label="Attributes" />
      </div>
    ),
  },
);

export const TOOL_EVENTS: Readonly<Record<string, Renderer>> = {
  'tool.call.requested@1': requested,
  'tool.call.denied@1': denied,
  'tool.call.denied@2': denied,
  'tool.call.started@1': renderer('Tool call started', 'plain', shape({ ...call, effect_key: text, attempt: count }), {
    line: ({ tool, attempt }) => <InertLine text={attempt === 1 ? tool : `${tool}, attempt ${attempt}`} />,
    detail: ({ call_id: id, tool, effect_key: key, attempt }) => (
      <Facts
        of={{
          Tool: <InertLine text={tool} />,
          Attempt: attempt,
          'Effect key': <code>{key}</code>,
          Call: <code>{id}</code>,
        }}
      />
    ),
  }),
  'tool.call.completed@1': completed,
  'tool.call.failed@1': failed,
  'artifact.created@1': renderer(
    'Artifact stored',
    'good',
    shape({ artifact_id: text, media_type: text, bytes: count, sha256: text, data_class: text }),
    {
      line: (made) => <InertLine text={`${made.media_type}, ${bytes(made.bytes)}`} />,
      detail: (made) => (
        <Facts
          of={{
            Artifact: <ArtifactLink id={made.artifact_id} />,
            Type: <InertLine text={made.media_type} />,
            Size: bytes(made.bytes),
            'Data class': made.data_class,
            'SHA-256': <Ident id={made.sha256} what="digest" />,
          }}
        />
      ),
    },
  ),
  'entity.extracted@1': entity,
  'egress.allowed@1': renderer('Went out', 'plain', shape({ host: text, port: count, bytes: count }), {
    line: ({ host, port, bytes }) => <InertLine text={`${host}:${port}, ${bytes} bytes`} />,
    detail: ({ host, port, bytes }) => <Facts of={{ Host: <InertLine text={host} />, Port: port, Bytes: bytes }} />,
  }),
  'egress.blocked@1': renderer(
    'Connection blocked',
    'bad',
    shape({ host: text, port: count, rule: text, code: text }),
    {
      line: ({ host, rule }) => <InertLine text={`${host}, rule ${rule}`} />,
      detail: ({ host, port, rule, code }) => (
        <Facts
          of={{ Host: <InertLine text={host} />, Port: port, Rule: <code>{rule}</code>, Code: <code>{code}</code> }}
        />
      ),
    },
  ),
  'event.payload_removed@1': renderer(
    'Payloads removed',
    'plain',
    shape({ first_seq: count, last_seq: count, reason: text, policy: text }),
    {
      line: ({ first_seq: first, last_seq: last }) => `#${first} to #${last}`,
      detail: ({ reason, policy }) => (
        <Facts of={{ Reason: <InertLine text={reason} />, Policy: <InertLine text={policy} /> }} />
      ),
    },
  ),
  'effect.settled@1': renderer('Effect settled', 'plain', shape({ effect_key: text, outcome: text, by: text }), {
    line: ({ outcome }) => <InertLine text={outcome} />,
    detail: ({ effect_key: key, outcome, by }) => (
      <Facts
        of={{ 'Effect key': <code>{key}</code>, Outcome: <InertLine text={outcome} />, By: <InertLine text={by} /> }}
      />
    ),
  }),
};
