import { useState, type ReactElement } from 'react';
import { dispatchApi, messageOf } from '../api/dispatch-api.js';
import { useDashboard, usePulse, useStore } from '../app/dashboard.js';
import { rideProgress } from '../format/ride-words.js';
import { isEnded } from '../state/ride-list.js';
import { select } from '../state/ui-state.js';
import { Icon } from '../ui/Icon.js';
import { usePlaceNames } from './use-place-names.js';
import { useRide } from './use-ride.js';

const STAGES = ['Looking', 'Coming', 'On trip', 'There'] as const;

function Stages({ stage, ended }: { stage: number; ended: boolean }): ReactElement {
  return (
    <ol className="stages" aria-hidden="true">
      {STAGES.map((name, i) => (
        <li key={name} data-done={i < stage || (ended && i === stage)} data-now={!ended && i === stage}>
          {name}
        </li>
      ))}
    </ol>
  );
}

function CancelRide({ rideId }: { rideId: string }): ReactElement {
  const [step, setStep] = useState<'idle' | 'sent'>('idle');
  const [problem, setProblem] = useState<string | null>(null);
  const cancel = async (): Promise<void> => {
    setStep('sent');
    setProblem(null);
    try {
      await dispatchApi.cancelRide(rideId);
    } catch (error) {
      setProblem(messageOf(error));
      setStep('idle');
    }
  };
  return (
    <>
      <button
        type="button"
        className="button button-bad"
        data-testid="cancel-ride"
        disabled={step === 'sent'}
        onClick={() => void cancel()}
      >
        {step === 'sent' ? 'Cancelling…' : 'Cancel ride'}
      </button>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

function Places({ ride }: { ride: { zone: string; dropoff: readonly [number, number] } }): ReactElement {
  const { from, to } = usePlaceNames(ride);
  return (
    <p className="my-ride-places">
      {from} <Icon name="arrow" size={13} /> {to}
    </p>
  );
}

function MyRideCard({ rideId }: { rideId: string }): ReactElement {
  usePulse();
  const dashboard = useDashboard();
  const { live, ui, request } = dashboard;
  const shown = live.rides.get(rideId);
  const { ride: answered, problem } = useRide(rideId, shown?.updatedAt);
  // Whichever heard last: the answer to a question, or the live state.
  const ride = shown && (!answered || shown.updatedAt >= answered.updatedAt) ? shown : answered;
  if (!ride) {
    return (
      <section className="card my-ride" data-testid="my-ride-status" data-state="unknown">
        <h2>{problem ?? 'Request sent…'}</h2>
        {problem && (
          <button type="button" className="button" onClick={() => request.follow(null)}>
            Close
          </button>
        )}
      </section>
    );
  }
  const progress = rideProgress(ride, answered?.timeline ?? [], dashboard.cityMs());
  const ended = isEnded(ride);
  return (
    <section
      className="card my-ride"
      data-testid="my-ride-status"
      data-ride-id={rideId}
      data-state={ride.state}
      data-tone={progress.tone}
      aria-label="Your ride"
    >
      <div role="status" aria-live="polite">
        <h2>{progress.title}</h2>
        <p className="my-ride-detail">{progress.detail}</p>
      </div>
      <Stages stage={progress.stage} ended={ended} />
      <Places ride={ride} />
      <div className="my-ride-actions">
        <button
          type="button"
          className="button"
          data-testid="my-ride-details"
          onClick={() => select(ui, { kind: 'ride', id: rideId }, !ended)}
        >
          {ended ? 'Timeline' : 'Follow'}
        </button>
        {progress.canCancel && <CancelRide rideId={rideId} />}
        {ended && (
          <button
            type="button"
            className="button button-main"
            data-testid="my-ride-done"
            onClick={() => request.follow(null)}
          >
            Done
          </button>
        )}
      </div>
    </section>
  );
}

export function MyRide(): ReactElement | null {
  const { request } = useDashboard();
  const rideId = useStore(request.myRideId);
  return rideId === null ? null : <MyRideCard key={rideId} rideId={rideId} />;
}
