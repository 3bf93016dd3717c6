import { Bars } from '../src/components/bars.tsx';
import { Countdown } from '../src/components/countdown.tsx';
import { type DoorState, Doors } from '../src/components/doors.tsx';
import { Meter } from '../src/components/meter.tsx';
import { Moment } from '../src/components/moment.tsx';
import { Origin, OriginMark } from '../src/components/origin.tsx';
import { ApprovalMark, EffectState, Status, UnknownEffects } from '../src/components/status.tsx';
import { STATUSES } from '../src/components/status-words.ts';
import { Exhibit } from './exhibit.tsx';

const DOORS: readonly DoorState[] = ['holding', 'hollow', 'broken'];

export function Marks() {
  return (
    <>
      <Exhibit name="Status">
        {[...STATUSES, 'a word of a later release'].map((status) => (
          <Status key={status} status={status} />
        ))}
        <UnknownEffects count={2} />
      </Exhibit>
      <Exhibit name="Effect">
        {['claimed', 'done', 'failed', 'unknown', 'later'].map((state) => (
          <EffectState key={state} state={state} />
        ))}
      </Exhibit>
      <Exhibit name="Approval">
        {['pending', 'approved', 'denied', 'expired', 'void', 'later'].map((state) => (
          <ApprovalMark key={state} state={state} />
        ))}
      </Exhibit>
      <Exhibit name="Countdown">
        <Countdown to={Date.parse('2036-01-01T00:00:00Z')} />
        <Countdown to={0} />
      </Exhibit>
      <Exhibit name="Origin">
        <OriginMark origin="user" />
        <Origin integrity="trusted" confidentiality="public" />
        <Origin integrity="trusted" confidentiality="private" />
        <Origin integrity="untrusted" confidentiality="public" />
        <Origin integrity="untrusted" confidentiality="private" />
      </Exhibit>
      <Exhibit name="Doors">
        {DOORS.flatMap((outer) =>
          DOORS.map((inner) => (
            <Doors key={`${outer} ${inner}`} outer={outer} inner={inner} label={`outer ${outer}, inner ${inner}`} />
          )),
        )}
      </Exhibit>
      <Exhibit name="Meter">
        <Meter name="Cost" used={0} most={1} text="$0.00 of $1.00" />
        <Meter name="Calls" used={30} most={60} text="30 of 60" />
        <Meter name="Time" used={600} most={600} text="10 min of 10 min" />
      </Exhibit>
      <Exhibit name="Time">
        <Moment time="2026-01-01T00:00:00Z" />
        <Moment time="2036-01-01T00:00:00Z" />
        <Moment time="no time at all" />
      </Exhibit>
      <Exhibit name="Bars">
        <Bars
          label="Steps by day"
          bars={[3, 0, 7, 5].map((value, at) => ({ name: `day ${at}`, value, text: `day ${at}: ${value} steps` }))}
        />
      </Exhibit>
    </>
  );
}
