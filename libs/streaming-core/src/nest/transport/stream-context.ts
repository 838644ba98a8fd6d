import { BaseRpcContext } from '@nestjs/microservices';
import type { StreamRecord } from '../../client/types.js';

/** What `@Ctx()` gives in handlers of the {@link StreamingServer}. */
export class StreamContext extends BaseRpcContext<[StreamRecord, AbortSignal]> {
  /** The record that is handled. */
  getRecord(): StreamRecord {
    return this.args[0];
  }

  getTopic(): string {
    return this.args[0].topic;
  }

  getPartition(): number {
    return this.args[0].partition;
  }

  /** Aborts when the partition is being taken away. */
  getSignal(): AbortSignal {
    return this.args[1];
  }
}
