// Who did what to what: the audit chain of the tenant, newest first; sought, exported, and verified in this browser.
import type { AuditRecord } from '@sallyport/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { type AuditSearch, readAudit } from '../../addresses.ts';
import { useConsole } from '../../api/console.ts';
import { auditQuery } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { Inert, InertLine } from '../../components/inert.tsx';
import { Loading } from '../../components/loading.tsx';
import { Moment } from '../../components/moment.tsx';
import { More } from '../../components/more.tsx';
import { EmptyNote, ProblemNote } from '../../components/notes.tsx';
import { shortId } from '../../components/short-id.ts';
import { Table } from '../../components/table.tsx';
import { PageHead } from '../../frame/page-head.tsx';
import { AuditChain } from './audit-chain.tsx';

const COLUMNS = [{ name: 'Seq', number: true }, 'Act', 'Object', 'By', 'Outcome', { name: 'When', number: true }];

function Row({ record, onObject }: { readonly record: AuditRecord; readonly onObject: (id: string) => void }) {
  const { object, actor } = record;
  return (
    <tr data-id={record.id}>
      <td className="number mono">#{record.seq}</td>
      <td>
        <details>
          <summary data-row>
            <InertLine text={record.action} most={60} />
          </summary>
          <Inert text={JSON.stringify(record, null, 2)} label="Record" />
        </details>
      </td>
      <td className="fact">
        {object !== null && (
          <>
            <InertLine text={object.kind} most={40} />{' '}
            <button type="button" className="link mono" title={object.id} onClick={() => onObject(object.id)}>
              {shortId(object.id)}
            </button>
          </>
        )}
      </td>
      <td className="fact" title={actor.id}>
        <InertLine text={`${actor.kind} ${shortId(actor.id)}`} most={60} />
      </td>
      <td className="fact" data-outcome={record.outcome === 'success' ? 'good' : 'bad'}>
        <InertLine text={record.outcome} most={40} />
        {record.reason !== null && (
          <>
            {': '}
            <InertLine text={record.reason} most={80} />
          </>
        )}
      </td>
      <td className="number">
        <Moment time={record.time} />
      </td>
    </tr>
  );
}

function Filters({ search }: { readonly search: AuditSearch }) {
  const navigate = useNavigate();
  const [fault, setFault] = useState<string>();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const asked = { action: String(form.get('action')).trim(), object: String(form.get('object')).trim() };
    const read = readAudit(asked);
    const wrong = asked.action !== '' && read.action === undefined;
    setFault(wrong ? 'An act is two words with a dot, such as key.created.' : undefined);
    if (!wrong) void navigate({ to: '/audit', search: read, replace: true });
  };
  return (
    <form className="filters" key={JSON.stringify(search)} onSubmit={submit}>
      <input
        className="input text-filter"
        name="action"
        data-filter
        aria-label="Act"
        aria-invalid={fault !== undefined}
        placeholder="Act, such as key.created"
        maxLength={60}
        defaultValue={search.action ?? ''}
      />
      <input
        className="input text-filter"
        name="object"
        aria-label="Id of the object"
        placeholder="Id of the object"
        maxLength={100}
        defaultValue={search.object ?? ''}
      />
      <Button type="submit">Filter</Button>
      {Object.keys(search).length > 0 && (
        <Button kind="quiet" onPress={() => void navigate({ to: '/audit', replace: true })}>
          Clear
        </Button>
      )}
      {fault !== undefined && (
        <p className="field-error" role="alert">
          {fault}
        </p>
      )}
    </form>
  );
}

function Nothing({ filtered }: { readonly filtered: boolean }) {
  const navigate = useNavigate();
  if (!filtered) return <EmptyNote>No act yet. What changes who may do what is written here.</EmptyNote>;
  return (
    <EmptyNote action={<Button onPress={() => void navigate({ to: '/audit' })}>Show all records</Button>}>
      No record fits these filters.
    </EmptyNote>
  );
}

export function Audit() {
  const { api, base } = useConsole();
  const search = useSearch({ from: '/frame/audit' });
  const navigate = useNavigate();
  const records = useInfiniteQuery(auditQuery(api, search));
  return (
    <>
      <PageHead title="Audit">
        <AuditChain />
        <a className="button" href={`${base}v1/audit/export`} download="audit.jsonl">
          Export
        </a>
      </PageHead>
      <Filters search={search} />
      {records.isPending && <Loading what="the records" />}
      {records.isError && <ProblemNote error={records.error} retry={() => void records.refetch()} />}
      {records.data?.length === 0 && <Nothing filtered={Object.keys(search).length > 0} />}
      {records.data !== undefined && records.data.length > 0 && (
        <Table label="Audit records" columns={COLUMNS}>
          {records.data.map((record) => (
            <Row
              key={record.id}
              record={record}
              onObject={(object) => void navigate({ to: '/audit', search: readAudit({ ...search, object }) })}
            />
          ))}
        </Table>
      )}
      <More has={records.hasNextPage} busy={records.isFetchingNextPage} onMore={() => void records.fetchNextPage()} />
    </>
  );
}
