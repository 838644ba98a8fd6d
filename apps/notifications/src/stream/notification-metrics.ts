import { Injectable } from '@nestjs/common';
import { Metrics } from '@ridestream/platform/metrics/metrics';

/** What the service counts. */
@Injectable()
export class NotificationMetrics {
  readonly delivered;
  readonly duplicates;
  readonly failedTries;
  readonly givenUp;

  constructor(metrics: Metrics) {
    this.delivered = metrics.counter('notifications_delivered_total', 'Messages that all channels took');
    this.duplicates = metrics.counter('notifications_duplicates_total', 'Messages that were known already');
    this.failedTries = metrics.counter('notifications_failed_tries_total', 'Tries that a channel refused');
    this.givenUp = metrics.counter('notifications_given_up_total', 'Messages that went to the dead letters');
  }
}
