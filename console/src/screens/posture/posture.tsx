// Where the deployment stands, promise by promise and rung by rung, by which facts, and what reaches the next rung.
import type { Posture } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useConsole } from '../../api/console.ts';
import { postureQuery } from '../../api/queries.ts';
import { CopyButton } from '../../components/button.tsx';
import { Doors } from '../../components/doors.tsx';
import { Loading } from '../../components/loading.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { Table } from '../../components/table.tsx';
import { PageHead } from '../../frame/page-head.tsx';
import { cellsOf, notCovered, RUNG_WORDS, settingIn } from './rungs.ts';

type PromiseRow = Posture['promises'][number];

const PROVE = 'npx sallyport prove';
const COLUMNS = ['Promise', 'Baseline', 'Production', 'High assurance', 'Next step'];

function Reach({ text }: { readonly text: string }) {
  const setting = settingIn(text);
  return (
    <li className={setting === undefined ? 'muted' : undefined}>
      {text}
      {setting !== undefined && <CopyButton text={setting} label={setting} />}
    </li>
  );
}

function PostureRow({ row }: { readonly row: PromiseRow }) {
  return (
    <tr>
      <td>
        <details>
          <summary data-row>
            <strong>{row.promise}</strong> {row.title}
          </summary>
          <ul className="facts-list">
            {row.evidence.map((fact) => (
              <li key={fact}>{fact}</li>
            ))}
          </ul>
        </details>
      </td>
      {cellsOf(row.rung).map(({ rung, state, word }) => (
        <td key={rung} className="fact">
          <span className="rung" data-state={state}>
            <Doors outer={state} inner={state} /> {word}
          </span>
        </td>
      ))}
      <td>
        {row.next === null ? (
          'At the top of this release.'
        ) : (
          <ul className="facts-list">
            {row.next.reach.map((text) => (
              <Reach key={text} text={text} />
            ))}
          </ul>
        )}
      </td>
    </tr>
  );
}

function Head({ posture }: { readonly posture: Posture }) {
  const holding = posture.promises.filter(({ rung }) => rung !== 'below_baseline').length;
  const all = posture.promises.length;
  return (
    <div className="posture-head">
      <Doors outer={holding === all ? 'holding' : 'broken'} inner={holding === all ? 'holding' : 'broken'} />
      <p>
        <strong>
          {holding} of {all} promises hold.
        </strong>{' '}
        The deployment stands where its lowest promise does: <strong>{RUNG_WORDS[posture.rung]}</strong>.
      </p>
    </div>
  );
}

function NotCovered({ posture }: { readonly posture: Posture }) {
  const open = notCovered(posture);
  return (
    <section className="stack" aria-labelledby="not-covered">
      <h2 id="not-covered">What is not covered</h2>
      {open.length === 0 ? (
        <p>No promise waits for something that this release lacks.</p>
      ) : (
        <ul className="facts-list bullets">
          {open.map(({ promise, text }) => (
            <li key={`${promise} ${text}`}>
              <span className="muted">Promise {promise}:</span> {text}
            </li>
          ))}
        </ul>
      )}
      <p className="muted">
        A rung is a claim about settings. Whether the doors hold is shown by attacking them, on this deployment:
      </p>
      <div className="row">
        <code>{PROVE}</code>
        <CopyButton text={PROVE} label="command" />
      </div>
    </section>
  );
}

export function PosturePage() {
  const { api } = useConsole();
  const posture = useQuery(postureQuery(api));
  return (
    <>
      <PageHead title="Posture" />
      {posture.isPending && <Loading what="the posture" />}
      {posture.isError && <ProblemNote error={posture.error} retry={() => void posture.refetch()} />}
      {posture.data !== undefined && (
        <>
          <Head posture={posture.data} />
          <Table label="Promises" columns={COLUMNS}>
            {posture.data.promises.map((row) => (
              <PostureRow key={row.promise} row={row} />
            ))}
          </Table>
          <NotCovered posture={posture.data} />
        </>
      )}
    </>
  );
}
