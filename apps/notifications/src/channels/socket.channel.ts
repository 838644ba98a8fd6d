import { Injectable } from '@nestjs/common';
import type { Message } from '../core/messages.js';
import type { NotificationsNamespace } from '../socket/protocol.js';
import type { NotificationChannel } from './channel.js';

/** Everybody in the recipient's room. Nobody there is no failure: who joins later gets the last messages. */
@Injectable()
export class SocketChannel implements NotificationChannel {
  readonly name = 'socket';
  private namespace: NotificationsNamespace | undefined;

  attach(namespace: NotificationsNamespace): void {
    this.namespace = namespace;
  }

  deliver(message: Message): Promise<void> {
    const { namespace } = this;
    if (namespace?.adapter.rooms.has(message.recipient)) {
      namespace.to(message.recipient).emit('notification', message);
    }
    return Promise.resolve();
  }
}
