import type { ReactElement } from 'react';
import type { TimelineEntry } from '../../../src/live/protocol.js';
import { useDashboard } from '../app/dashboard.js';
import { formatDuration } from '../format/format.js';
import { describeEntry, whyThisDriver, type Why } from '../format/ride-words.js';

function WhyThisDriver({ why }: { why: Why }): ReactElement {
  return (
    <div className="why" data-testid="why-this-driver">
      <div className="why-label">Why this driver</div>
      <div className="why-headline">{why.headline}</div>
      <dl className="why-facts">
        {why.facts.map(({ label, value }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Entry({ entry, previous }: { entry: TimelineEntry; previous: TimelineEntry | undefined }): ReactElement {
  const { clockFormat } = useDashboard();
  const { title, detail, tone } = describeEntry(entry);
  const why = whyThisDriver(entry);
  const after = previous ? (entry.at - previous.at) / 1_000 : 0;
  return (
    <li className="entry" data-testid="timeline-entry" data-type={entry.type} data-tone={tone}>
      <div className="entry-line">
        <span className="entry-title">{title}</span>
        <time className="entry-time">{clockFormat.timeWithSeconds(entry.at)}</time>
      </div>
      {(detail ?? after >= 1) && (
        <div className="entry-line entry-more">
          <span>{detail}</span>
          {after >= 1 && <span className="entry-after">+{formatDuration(after)}</span>}
        </div>
      )}
      {why && <WhyThisDriver why={why} />}
    </li>
  );
}

/** A ride's events, oldest first. */
export function Timeline({ entries }: { readonly entries: readonly TimelineEntry[] }): ReactElement {
  return (
    <ol className="timeline">
      {entries.map((entry, i) => (
        <Entry key={`${i} ${entry.type}`} entry={entry} previous={entries[i - 1]} />
      ))}
    </ol>
  );
}
