// From facts to rungs. Pure: the same facts give the same answer.
import type { Posture } from '@sallyport/contracts';
import type { Facts } from './facts.ts';
import { MOST_BACKUP_HOURS, MOST_SEALING_LAG, PROMISE_ROWS, type PromiseRow, type Rung } from './rungs.ts';

const RUNGS: readonly Rung[] = ['below_baseline', 'baseline', 'production', 'high_assurance'];

function judgeRow(promise: number, row: PromiseRow, facts: Facts): Posture['promises'][number] {
  let at: Rung = 'below_baseline';
  for (const rung of RUNGS.slice(1)) {
    const open = row.steps.filter((step) => step.rung === rung && !step.holds(facts));
    if (open.length > 0) {
      const next = { rung, reach: open.map((step) => step.reach) } as Posture['promises'][number]['next'];
      return { promise, title: row.title, rung: at, evidence: [...row.evidence(facts)], next };
    }
    at = rung;
  }
  return { promise, title: row.title, rung: at, evidence: [...row.evidence(facts)], next: null };
}

export function judgePosture(facts: Facts): Posture {
  const promises = Object.entries(PROMISE_ROWS).map(([promise, row]) => judgeRow(Number(promise), row, facts));
  const lowest = RUNGS.find((rung) => promises.some((one) => one.rung === rung)) ?? 'below_baseline';
  const { sealingLagSeconds: lag, workers } = facts.figures;
  const alarms = [
    ...(lag >= MOST_SEALING_LAG
      ? [
          {
            code: 'audit_sealing_lag',
            detail: `An audit record has waited ${lag.toFixed(1)} s for its place in the chain.`,
          },
        ]
      : []),
    ...(workers === 0
      ? [{ code: 'no_worker', detail: 'No worker has a lease: runs wait, and nothing is sealed.' }]
      : []),
    ...(facts.backupAgeHours !== null && facts.backupAgeHours > MOST_BACKUP_HOURS
      ? [{ code: 'backup_old', detail: `The newest backup is ${Math.floor(facts.backupAgeHours / 24)} days old.` }]
      : []),
    ...(facts.diskFull
      ? [{ code: 'disk_full', detail: `The disk is above ${facts.diskLimit} %: nothing new is begun.` }]
      : []),
  ];
  return { rung: lowest, alarms, promises };
}
