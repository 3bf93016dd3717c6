// The filters of the runs, each a word of the address.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { type RunsSearch, readRuns, TIMES } from '../../addresses.ts';
import { useConsole, useMay } from '../../api/console.ts';
import { skillsQuery, usersQuery } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { Choice, type Option } from '../../components/choice.tsx';
import { STATUSES, statusWord } from '../../components/status-words.ts';
import { isFiltered, TIME_WORDS } from './run-filter.ts';

const ANY = 'any';
const REST_MS = 300;
const STATUS_OPTIONS = STATUSES.map((id) => ({ id, name: statusWord(id) }));
const TIME_OPTIONS = TIMES.map((id) => ({ id, name: TIME_WORDS[id] }));

type Field = keyof RunsSearch;

function useSet(search: RunsSearch): (field: Field, value: string | undefined) => void {
  const navigate = useNavigate();
  return (field, value) => {
    const next = { ...search, [field]: value };
    void navigate({ to: '/runs', search: readRuns(next), replace: true });
  };
}

function One({
  field,
  label,
  any,
  options,
  search,
}: {
  readonly field: Field;
  readonly label: string;
  readonly any: string;
  readonly options: readonly Option[];
  readonly search: RunsSearch;
}) {
  const set = useSet(search);
  const value = search[field];
  const known = value === undefined || options.some(({ id }) => id === value);
  // An address may name what is not there any more; the filter stays visible and can be taken off.
  const all = [{ id: ANY, name: any }, ...options, ...(known ? [] : [{ id: value, name: value.slice(0, 40) }])];
  return (
    <Choice
      label={label}
      quiet
      options={all}
      value={value ?? ANY}
      onChange={(id) => set(field, id === ANY ? undefined : id)}
    />
  );
}

function Users({ search }: { readonly search: RunsSearch }) {
  const { api } = useConsole();
  const { data = [] } = useInfiniteQuery(usersQuery(api));
  const options = data.map(({ id, name }) => ({ id, name: name.slice(0, 60) }));
  return <One field="user" label="User" any="Any user" options={options} search={search} />;
}

function TextFilter({ search }: { readonly search: RunsSearch }) {
  const set = useSet(search);
  const given = search.text ?? '';
  const [text, setText] = useState(given);
  const latest = useRef(set);
  latest.current = set;
  useEffect(() => setText(given), [given]);
  useEffect(() => {
    if (text.trim() === given) return;
    const timer = setTimeout(() => latest.current('text', text.trim() === '' ? undefined : text.trim()), REST_MS);
    return () => clearTimeout(timer);
  }, [text, given]);
  return (
    <input
      className="input text-filter"
      type="search"
      data-filter
      aria-label="Part of an id, skill, model or error code"
      placeholder="Id, skill, model, error"
      maxLength={100}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}

export function RunFilters({ search }: { readonly search: RunsSearch }) {
  const { api } = useConsole();
  const navigate = useNavigate();
  const mayUsers = useMay('users:read');
  const { data: skills = [] } = useQuery(skillsQuery(api));
  const skillOptions = [...new Set(skills.map(({ name }) => name))].map((name) => ({ id: name, name }));
  return (
    <>
      <TextFilter search={search} />
      <One field="status" label="Status" any="Any status" options={STATUS_OPTIONS} search={search} />
      <One field="skill" label="Skill" any="Any skill" options={skillOptions} search={search} />
      <One field="time" label="Time" any="Any time" options={TIME_OPTIONS} search={search} />
      {mayUsers && <Users search={search} />}
      {isFiltered(search) && (
        <Button kind="quiet" onPress={() => void navigate({ to: '/runs', replace: true })}>
          Clear
        </Button>
      )}
    </>
  );
}
