import type { InjectionToken } from '@nestjs/common';
import { DeadLetterDesk } from './dead-letter-desk.js';
import { StreamPublisher } from './stream-publisher.js';
import { StreamingConsumers } from './streaming-consumers.js';
import { named } from './tokens.js';

/** {@link StreamPublisher} of the default connection is injected by its class. */
export function streamPublisherToken(connection?: string): InjectionToken {
  return connection === undefined ? StreamPublisher : named('publisher', connection);
}

/** {@link StreamingConsumers} of the default connection is injected by its class. */
export function streamingConsumersToken(connection?: string): InjectionToken {
  return connection === undefined ? StreamingConsumers : named('consumers', connection);
}

/** {@link DeadLetterDesk} of the default connection is injected by its class. */
export function deadLetterDeskToken(connection?: string): InjectionToken {
  return connection === undefined ? DeadLetterDesk : named('dead-letters', connection);
}
