// One argument of a held call: what it is, whose word it is, and what a person should know of it. Its text is inert.
import type { Approval } from '@sallyport/contracts';
import { Link } from '@tanstack/react-router';
import { Inert, InertLine } from '../../components/inert.tsx';
import { OriginMark } from '../../components/origin.tsx';
import { foldMiddle, isFolded } from './decide-rules.ts';
import { flagSentence, groundOf } from './words.ts';

type Argument = Approval['card']['arguments'][number];
type Source = Argument['sources'][number];

function SourceLine({ source, runId }: { readonly source: Source; readonly runId: string }) {
  if (source.kind === 'prompt')
    return (
      <li>
        said in <InertLine text={source.part} most={60} />, characters {source.from} to {source.to}
      </li>
    );
  return (
    <li>
      from a result of <InertLine text={source.tool} most={60} />,{' '}
      <Link to="/runs/$id" params={{ id: runId }} search={{ show: 'tools' }}>
        call <InertLine text={source.call_id} most={60} />
      </Link>
    </li>
  );
}

export function ArgumentRow({
  argument,
  runId,
  opened,
  onOpen,
}: {
  readonly argument: Argument;
  readonly runId: string;
  readonly opened: boolean;
  readonly onOpen: () => void;
}) {
  const { path, role, shown, ground, sources, flags, findings } = argument;
  const { word, origin } = groundOf(ground);
  const folded = isFolded(argument);
  const length = [...shown].length.toLocaleString('en-US');
  return (
    <div className="argument" data-origin={origin}>
      <div className="argument-head">
        <strong className="mono">
          <InertLine text={path === '' ? 'the whole' : path} most={120} />
        </strong>
        <span className="muted">
          <InertLine text={role} most={40} />
        </span>
        <OriginMark origin={origin} />
        <span className="muted">{word}</span>
      </div>
      <Inert text={folded && !opened ? foldMiddle(shown) : shown} label={`Value of ${path.slice(0, 120)}`} />
      {folded && (
        <div className="quiet-acts">
          <button type="button" className="button" data-kind="quiet" aria-expanded={opened} onClick={onOpen}>
            {opened ? 'Fold' : `Open all ${length} characters`} <span className="hidden">of {path.slice(0, 120)}</span>
          </button>
        </div>
      )}
      {(flags.length > 0 || findings.length > 0) && (
        <ul className="argument-flags">
          {flags.map((flag) => (
            <li key={flag}>{flagSentence(flag)}</li>
          ))}
          {findings.map(({ kind, count }) => (
            <li key={kind}>
              {count} × <InertLine text={kind} most={60} />
            </li>
          ))}
        </ul>
      )}
      {sources.length > 0 && (
        <ul className="small muted">
          {sources.map((source) => (
            <SourceLine key={JSON.stringify(source)} source={source} runId={runId} />
          ))}
        </ul>
      )}
    </div>
  );
}
