import { Injectable, Logger } from '@nestjs/common';
import type { Message } from '../core/messages.js';
import type { NotificationChannel } from './channel.js';

/** One line per message at level debug: at sixty times real time there are thousands a second. */
@Injectable()
export class LogChannel implements NotificationChannel {
  readonly name = 'log';
  private readonly logger = new Logger('delivery');

  deliver({ key, recipient, kind, title, text }: Message): Promise<void> {
    this.logger.debug({ key, recipient, kind, title, text });
    return Promise.resolve();
  }
}
