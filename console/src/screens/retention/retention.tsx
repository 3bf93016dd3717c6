// How long each class of data is kept. A shorter time counts at once, for what is there already.
import type { PutRetention, RetentionClass, RetentionPolicy } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { useConsole, useMay } from '../../api/console.ts';
import { retentionQuery } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { Loading } from '../../components/loading.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { Table } from '../../components/table.tsx';
import { PageHead } from '../../frame/page-head.tsx';
import { changesOf, daysWord, faultOf, shortened } from './days.ts';
import { KeepShorter } from './keep-shorter.tsx';

const COLUMNS = ['Class', 'Days', 'Unless told', 'What it is'];

function Row({
  policy,
  text,
  mayWrite,
  onText,
}: {
  readonly policy: RetentionPolicy;
  readonly text: string;
  readonly mayWrite: boolean;
  readonly onText: (text: string) => void;
}) {
  const fault = faultOf(text);
  return (
    <tr>
      <td className="fact">
        <strong>{policy.data_class}</strong>
      </td>
      <td className="fact">
        {mayWrite && policy.changeable ? (
          <>
            <input
              className="input days"
              inputMode="numeric"
              aria-label={`Days to keep ${policy.data_class}`}
              aria-invalid={fault !== undefined}
              data-invalid={fault === undefined ? undefined : true}
              placeholder={policy.default_days === null ? 'for ever' : String(policy.default_days)}
              maxLength={6}
              value={text}
              onChange={(event) => onText(event.target.value)}
            />
            {fault !== undefined && <span className="field-error">{fault}</span>}
          </>
        ) : (
          daysWord(policy.days)
        )}
      </td>
      <td className="fact">{daysWord(policy.default_days)}</td>
      <td>
        {policy.about}
        {!policy.changeable && <span className="muted"> The same for every tenant.</span>}
      </td>
    </tr>
  );
}

function Policies({ policies }: { readonly policies: readonly RetentionPolicy[] }) {
  const { api } = useConsole();
  const queries = useQueryClient();
  const mayWrite = useMay('retention:write');
  const kept = (policy: RetentionPolicy): string => (policy.days === null ? '' : String(policy.days));
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [asked, setAsked] = useState(false);
  const textOf = (policy: RetentionPolicy): string => texts[policy.data_class] ?? kept(policy);
  const changes = changesOf(policies, textOf);
  const wrong = policies.some((policy) => policy.changeable && faultOf(textOf(policy)) !== undefined);
  const save = useMutation({
    mutationFn: () => api.retention.put(changes as PutRetention),
    onSuccess: (now) => {
      queries.setQueryData(retentionQuery(api).queryKey, now);
      setTexts({});
      setAsked(false);
    },
  });
  const less = shortened(policies, changes);
  const submit = (): void => {
    if (wrong || Object.keys(changes).length === 0) return;
    if (less.length > 0) setAsked(true);
    else save.mutate();
  };
  return (
    <Form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Table label="Retention" columns={COLUMNS}>
        {policies.map((policy) => (
          <Row
            key={policy.data_class}
            policy={policy}
            text={textOf(policy)}
            mayWrite={mayWrite}
            onText={(text) => setTexts({ ...texts, [policy.data_class as RetentionClass]: text })}
          />
        ))}
      </Table>
      {save.isError && !asked && <ProblemNote error={save.error} />}
      {save.isSuccess && Object.keys(changes).length === 0 && <p role="status">Saved. It counts from now on.</p>}
      {mayWrite && (
        <div className="row">
          <Button kind="main" type="submit" isDisabled={wrong || save.isPending || Object.keys(changes).length === 0}>
            Save
          </Button>
          {Object.keys(changes).length > 0 && <Button onPress={() => setTexts({})}>Put back</Button>}
        </div>
      )}
      {asked && (
        <KeepShorter
          classes={less}
          busy={save.isPending}
          error={save.error}
          onSave={() => save.mutate()}
          onClose={() => setAsked(false)}
        />
      )}
    </Form>
  );
}

export function Retention() {
  const { api } = useConsole();
  const retention = useQuery(retentionQuery(api));
  return (
    <>
      <PageHead title="Retention" />
      <p>
        What is past its time cannot be read from that moment on, and is removed soon after. The chain of a run holds a
        commitment to each event and still verifies.
      </p>
      {retention.isPending && <Loading what="the policies" />}
      {retention.isError && <ProblemNote error={retention.error} retry={() => void retention.refetch()} />}
      {retention.data !== undefined && <Policies policies={retention.data.data} />}
    </>
  );
}
