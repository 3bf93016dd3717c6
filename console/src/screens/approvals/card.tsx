// Everything that would be executed, why it was held, and what cannot be taken back. Sentences are ours; texts of others are inert.
import type { Approval } from '@sallyport/contracts';
import { Link } from '@tanstack/react-router';
import { Ident } from '../../components/ident.tsx';
import { InertLine } from '../../components/inert.tsx';
import { shortId } from '../../components/short-id.ts';
import { Facts } from '../../events/renderer.tsx';
import { ArgumentRow } from './argument-row.tsx';
import { effectSentence } from './words.ts';

const yes = (is: boolean): string => (is ? 'yes' : 'no');

function Why({ card }: { readonly card: Approval['card'] }) {
  return (
    <ul className="facts-list">
      {card.why.map((reason) => (
        <li key={`${reason.code} ${reason.arg ?? ''} ${reason.detail}`}>
          <code>{reason.code}</code>
          {reason.arg !== undefined && (
            <>
              {' '}
              of <InertLine text={reason.arg} most={120} />
            </>
          )}
          {reason.detail !== '' && (
            <>
              : <InertLine text={reason.detail} most={500} />
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

export function Card({
  approval,
  opened,
  onOpen,
}: {
  readonly approval: Approval;
  readonly opened: ReadonlySet<number>;
  readonly onOpen: (at: number) => void;
}) {
  const { card, run_id: run, digest } = approval;
  const { untrusted, private: secret, leaves } = card.rule;
  return (
    <>
      <p className="effect-sentence">
        <strong>{effectSentence(card.effect)}</strong> <InertLine text={card.irreversible} most={500} />
      </p>
      <p className="muted">
        Asked by run{' '}
        <Link to="/runs/$id" params={{ id: run }} className="mono">
          {shortId(run)}
        </Link>
        , call <code>{approval.call_id}</code>.
      </p>
      <section className="stack" aria-label="Arguments">
        {card.arguments.length === 0 && <p>The call has no argument.</p>}
        {card.arguments.map((argument, at) => (
          <ArgumentRow
            // biome-ignore lint/suspicious/noArrayIndexKey: the arguments of a held call never change places
            key={at}
            argument={argument}
            runId={run}
            opened={opened.has(at)}
            onOpen={() => onOpen(at)}
          />
        ))}
      </section>
      <Facts
        of={{
          'Held because': <Why card={card} />,
          'Has read something untrusted': yes(untrusted),
          'Has read something private': yes(secret),
          'Leaves the tenant or cannot be undone': yes(leaves),
          Covers: (
            <span className="row">
              this call only, under the digest <Ident id={digest} what="digest" />
            </span>
          ),
        }}
      />
    </>
  );
}
