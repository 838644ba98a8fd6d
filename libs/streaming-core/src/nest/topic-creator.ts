import type { OnModuleInit } from '@nestjs/common';
import type { StreamClient, TopicSpec } from '../client/types.js';

/** Creates the typed topics of a module where they are missing, before any consumer starts. */
export class TopicCreator implements OnModuleInit {
  constructor(
    readonly client: StreamClient,
    readonly specs: readonly TopicSpec[],
  ) {}

  async onModuleInit(): Promise<void> {
    if (this.specs.length === 0) return;
    const admin = this.client.admin();
    await admin.ensureTopics(this.specs);
    await admin.close();
  }
}
