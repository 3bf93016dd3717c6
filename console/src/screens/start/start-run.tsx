// The dialog that starts a run: what the skill takes, what it may cost, and plainly what it may do.
import type { SkillSummary } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { FileTrigger, Form } from 'react-aria-components';
import { useConsole } from '../../api/console.ts';
import { modelsQuery, skillsQuery } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { Choice } from '../../components/choice.tsx';
import { Field } from '../../components/field.tsx';
import { Loading } from '../../components/loading.tsx';
import { bytes } from '../../components/moment.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { Panel } from '../../components/panel.tsx';
import { statement } from './may.ts';
import { bodyOf, EMPTY_FORM, faultsOf, type RunForm, takesFiles, takesUrls } from './run-form.ts';

const NO_MODEL = 'No language model: a rule-based stand-in.';
const ABOUT_RULES: Readonly<Record<string, string>> = {
  gullible: 'No language model: it obeys whatever a page says. For trying the containment, never for work.',
};

export function StartRun({ onClose }: { readonly onClose: () => void }) {
  const { api } = useConsole();
  const skills = useQuery(skillsQuery(api));
  return (
    <Panel title="Start a run" isOpen onClose={onClose}>
      {skills.isPending && <Loading what="the skills" />}
      {skills.isError && <ProblemNote error={skills.error} retry={() => void skills.refetch()} />}
      {skills.data !== undefined && (
        <StartForm skills={skills.data.filter(({ state }) => state === 'approved')} onClose={onClose} />
      )}
    </Panel>
  );
}

interface Asked {
  readonly skill: SkillSummary;
  readonly form: RunForm;
  readonly files: readonly File[];
  readonly key: string;
}

function useStart(onClose: () => void) {
  const { api } = useConsole();
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async ({ skill, form, files, key }: Asked) => {
      const uploaded: string[] = [];
      for (const file of files) {
        const mediaType = file.type === '' ? 'application/octet-stream' : file.type;
        uploaded.push((await api.artifacts.upload({ name: file.name, mediaType, content: file })).id);
      }
      return api.runs.create(bodyOf(form, skill, uploaded), { idempotencyKey: key });
    },
    onSuccess: async (run) => {
      queries.setQueryData(['run', run.id], run);
      void queries.invalidateQueries({ queryKey: ['runs'] });
      onClose();
      await navigate({ to: '/runs/$id', params: { id: run.id } });
    },
  });
}

function StartForm({ skills, onClose }: { readonly skills: readonly SkillSummary[]; readonly onClose: () => void }) {
  const [name, setName] = useState(skills.find(takesUrls)?.name ?? skills[0]?.name ?? '');
  const [form, setForm] = useState<RunForm>(EMPTY_FORM);
  const [files, setFiles] = useState<readonly File[]>([]);
  const [tried, setTried] = useState(false);
  const start = useStart(onClose);
  const skill = skills.find((one) => one.name === name);
  const faults = tried ? faultsOf(form, skill) : {};
  const set = (field: keyof RunForm) => (text: string) => setForm({ ...form, [field]: text });
  const field = (of: keyof RunForm) => ({
    value: form[of],
    onChange: set(of),
    ...(faults[of] === undefined ? {} : { isInvalid: true, about: faults[of] }),
  });
  if (skill === undefined) return <p>This server has no skill. A skill is a folder with a SKILL.md.</p>;
  return (
    <Form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (Object.keys(faultsOf(form, skill)).length === 0)
          start.mutate({ skill, form, files, key: crypto.randomUUID() });
      }}
    >
      <Choice
        label="Skill"
        options={skills.map((one) => ({ id: one.name, name: `${one.name} ${one.version}` }))}
        value={name}
        onChange={setName}
      />
      <Field label="Task" lines={2} {...field('task')} />
      {takesUrls(skill) && <Field label="Pages" lines={3} mono placeholder="https://example.com/" {...field('urls')} />}
      {takesFiles(skill) && <Files files={files} onFiles={setFiles} />}
      <ModelChoice value={form.model} onChange={set('model')} />
      <fieldset className="budget">
        <legend className="field-label">Budget</legend>
        <Field label="US dollars" placeholder={skill.budget.cost} {...field('cost')} />
        <Field label="Tokens" placeholder={String(skill.budget.tokens)} {...field('tokens')} />
        <Field label="Seconds" placeholder={String(skill.budget.seconds)} {...field('seconds')} />
        <Field label="Calls" placeholder={String(skill.budget.calls)} {...field('calls')} />
      </fieldset>
      <May skill={skill} form={form} />
      {start.isError && <ProblemNote error={start.error} />}
      <div className="panel-actions">
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="main" type="submit" isDisabled={start.isPending}>
          {start.isPending ? 'Starting' : 'Start'}
        </Button>
      </div>
    </Form>
  );
}

/** Plainly, what a run of this skill may do with what the form says now. */
function May({ skill, form }: { readonly skill: SkillSummary; readonly form: RunForm }) {
  return (
    <div className="may small">
      <p>{skill.description}</p>
      <ul>
        {statement(skill, form).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}

function ModelChoice({ value, onChange }: { readonly value: string; readonly onChange: (name: string) => void }) {
  const { api } = useConsole();
  const { data: models = [] } = useQuery(modelsQuery(api));
  const usual = models.find((model) => model.is_default);
  const chosen = models.find(({ name }) => name === value) ?? usual;
  const options = models.map(({ name, is_default: is }) => ({ id: name, name: is ? `${name}, the usual one` : name }));
  return (
    <Choice
      label="Model"
      options={options}
      value={chosen?.name ?? ''}
      onChange={onChange}
      {...(chosen?.rule_based === true ? { about: ABOUT_RULES[chosen.name] ?? NO_MODEL } : {})}
    />
  );
}

function Files({ files, onFiles }: { readonly files: readonly File[]; readonly onFiles: (files: File[]) => void }) {
  return (
    <div className="field">
      <span className="field-label">Documents</span>
      <ul>
        {files.map((file) => (
          <li key={`${file.name} ${file.size} ${file.lastModified}`} className="row">
            <bdi>{file.name}</bdi>
            <span className="muted">{bytes(file.size)}</span>
            <Button
              kind="quiet"
              aria-label={`Remove ${file.name}`}
              onPress={() => onFiles(files.filter((one) => one !== file))}
            >
              Remove
            </Button>
          </li>
        ))}
      </ul>
      <div>
        <FileTrigger allowsMultiple onSelect={(chosen) => onFiles([...files, ...(chosen ?? [])].slice(0, 50))}>
          <Button>Add documents</Button>
        </FileTrigger>
      </div>
    </div>
  );
}
