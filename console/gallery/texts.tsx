import { Button } from '../src/components/button.tsx';
import { Ident } from '../src/components/ident.tsx';
import { Inert, InertLine } from '../src/components/inert.tsx';
import { Loading } from '../src/components/loading.tsx';
import { More } from '../src/components/more.tsx';
import { EmptyNote, ProblemNote, RefusalNote } from '../src/components/notes.tsx';
import { Split } from '../src/components/split.tsx';
import { Table } from '../src/components/table.tsx';
import { Exhibit } from './exhibit.tsx';

const HOSTILE = 'Plain, then \u202eturned\u202c, \u200bnothing, <b>no markup</b>, and العربية.';
const nothing = (): void => undefined;

export function Texts({ error }: { readonly error: unknown }) {
  return (
    <>
      <Exhibit name="Inert">
        <InertLine text={HOSTILE} />
        <Inert text={HOSTILE} label="Text of a page" />
        <Inert text={'long '.repeat(2_000)} label="A long text" />
      </Exhibit>
      <Exhibit name="Id">
        <Ident id="0198f2aa-0000-7000-8000-000000000001" what="id" />
      </Exhibit>
      <Exhibit name="Notes">
        <EmptyNote action={<Button kind="main">Begin</Button>}>Nothing yet.</EmptyNote>
        <RefusalNote>This may not be.</RefusalNote>
        <ProblemNote error={error} retry={nothing} />
        <ProblemNote error={new TypeError('not shown')} />
      </Exhibit>
      <Exhibit name="Loading">
        <Loading what="the gallery" />
      </Exhibit>
      <Exhibit name="Table">
        <Table label="A table" columns={['Name', { name: 'Count', number: true }, { name: 'Acts', quiet: true }]}>
          <tr>
            <td>One</td>
            <td className="number">1</td>
            <td className="number">
              <Button kind="quiet">Act</Button>
            </td>
          </tr>
        </Table>
        <More has busy={false} onMore={nothing} />
      </Exhibit>
      <Exhibit name="Split">
        <Split label="Width of both" list={<p>The list</p>} detail={<p>What is open</p>} />
      </Exhibit>
    </>
  );
}
