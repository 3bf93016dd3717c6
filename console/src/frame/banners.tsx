// What somebody must know on every screen, the gravest first: a chain that is broken, a full disk, a migration, no language model,
// test money. What the server does not say is not guessed.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useConsole, useMay } from '../api/console.ts';
import { billingQuery, brokenChainsQuery, modelsQuery, postureQuery, readinessQuery } from '../api/queries.ts';
import { InertLine } from '../components/inert.tsx';
import { shortId } from '../components/short-id.ts';

function Banner({ kind, children }: { readonly kind: 'broken' | 'held' | 'notice'; readonly children: ReactNode }) {
  return (
    <p className="banner" data-kind={kind} role={kind === 'broken' ? 'alert' : undefined}>
      {children}
    </p>
  );
}

function BrokenChains() {
  const { data: broken } = useQuery(brokenChainsQuery);
  return broken.map(({ of, id, seq, detail }) => (
    <Banner key={id} kind="broken">
      The chain of {of === 'audit' ? 'the audit log' : `run ${shortId(id)}`} is broken at #{seq}:{' '}
      <InertLine text={detail} most={160} />. Do not rely on what it says from there on.{' '}
      {of === 'audit' ? (
        <Link to="/audit">Look at the audit log</Link>
      ) : (
        <Link to="/runs/$id" params={{ id }}>
          Look at the run
        </Link>
      )}
    </Banner>
  ));
}

/** Codes of alarms that this console has a sentence for; any other is shown in the server's own words. */
const ALARMS: Readonly<Record<string, string>> = {
  disk_full: 'The disk is nearly full: nothing new is begun until there is room.',
  no_worker: 'No worker is at work: runs wait.',
};

function Alarms() {
  const { api } = useConsole();
  const { data: posture } = useQuery(postureQuery(api));
  const { data: ready } = useQuery(readinessQuery(api));
  const alarms = [...(posture?.alarms ?? [])].sort((one) => (one.code === 'disk_full' ? -1 : 0));
  return (
    <>
      {alarms.map(({ code, detail }) => (
        <Banner key={code} kind="held">
          {ALARMS[code] ?? <InertLine text={detail} />} <Link to="/posture">See the posture</Link>
        </Banner>
      ))}
      {ready?.codes.includes('migrating') === true && (
        <Banner kind="held">
          The database is being brought to a new release
          {ready.detail === undefined ? '' : `, ${ready.detail}`}. What you do meanwhile may be refused.
        </Banner>
      )}
    </>
  );
}

function TestMoney() {
  const { api } = useConsole();
  const { data } = useQuery(billingQuery(api));
  return data?.mode === 'test' ? <Banner kind="notice">Billing is in test mode: no money moves.</Banner> : null;
}

export function Banners() {
  const { api } = useConsole();
  const { data: models } = useQuery(modelsQuery(api));
  const mayBill = useMay('billing:read');
  const usual = models?.find((model) => model.is_default);
  return (
    <>
      <BrokenChains />
      <Alarms />
      {usual?.rule_based === true && (
        <Banner kind="notice">
          No language model is set up: runs that name none are done by <code>{usual.name}</code>, a rule-based stand-in.
        </Banner>
      )}
      {mayBill && <TestMoney />}
    </>
  );
}
