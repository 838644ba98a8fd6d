import { Inject, Logger } from '@nestjs/common';
import { type OnGatewayConnection, type OnGatewayInit, WebSocketGateway } from '@nestjs/websockets';
import { SocketChannel } from '../channels/socket.channel.js';
import { NotificationStore, toMessage } from '../store/notification-store.js';
import { isOwnOrigin } from './origin.js';
import {
  type NotificationsNamespace,
  type NotificationsSocket,
  subscribeSchema,
  type SubscribeAnswer,
} from './protocol.js';

export class SocketSettings {
  constructor(readonly socketsMax: number) {}
}

const MESSAGE_BYTES_MAX = 4 * 1024;
const RECENT_MAX = 20;
const SUBSCRIBE_WITHIN_MS = 10_000;
/** Refused requests after which a socket is closed. */
const REFUSALS_MAX = 5;

/**
 * Namespace /notifications: a socket says once whose messages it wants, gets the last ones, and from then on hears each as it
 * is delivered. There are no logins yet, so anybody may ask for anybody's: a rule for demonstrations on one machine.
 */
@WebSocketGateway({
  namespace: '/notifications',
  maxHttpBufferSize: MESSAGE_BYTES_MAX,
  serveClient: false,
  // The dashboard is served from another port; who may connect is decided in afterInit.
  cors: { origin: true },
})
export class NotificationsGateway
  implements OnGatewayInit<NotificationsNamespace>, OnGatewayConnection<NotificationsSocket>
{
  private readonly logger = new Logger('notifications');

  constructor(
    private readonly channel: SocketChannel,
    private readonly store: NotificationStore,
    @Inject(SocketSettings) private readonly settings: SocketSettings,
  ) {}

  afterInit(namespace: NotificationsNamespace): void {
    namespace.use(({ handshake: { headers } }, next) => {
      if (namespace.sockets.size >= this.settings.socketsMax) next(new Error('too many sockets are connected'));
      else if (!isOwnOrigin(headers.origin, headers.host)) next(new Error('origin not allowed'));
      else next();
    });
    // Nothing lives outside /notifications: who connects elsewhere is told so, and cannot stay.
    namespace.server.of('/').use((_socket, next) => next(new Error('no such namespace')));
    this.channel.attach(namespace);
  }

  handleConnection(socket: NotificationsSocket): void {
    const timer = setTimeout(() => socket.disconnect(true), SUBSCRIBE_WITHIN_MS);
    socket.once('disconnect', () => clearTimeout(timer));
    let isSubscribed = false;
    let refusals = 0;
    socket.on('subscribe', (request, reply) => {
      const refuse = (code: string, message: string): void => {
        if (typeof reply === 'function') reply({ ok: false, code, message });
        if (++refusals >= REFUSALS_MAX) socket.disconnect(true);
      };
      const parsed = subscribeSchema.safeParse(request);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        refuse('INVALID_INPUT', `${issue?.path.join('.') || 'request'}: ${issue?.message ?? 'not valid'}`);
        return;
      }
      if (isSubscribed) {
        refuse('ALREADY_SUBSCRIBED', 'A socket hears of one recipient only.');
        return;
      }
      isSubscribed = true;
      clearTimeout(timer);
      void this.subscribe(socket, parsed.data.recipient).then((answer) => {
        if (typeof reply === 'function') reply(answer);
        if (!answer.ok) socket.disconnect(true);
      });
    });
  }

  private async subscribe(
    socket: NotificationsSocket,
    recipient: Parameters<NotificationStore['of']>[0],
  ): Promise<SubscribeAnswer> {
    // Joined before the last messages are read: one that comes in between is seen twice rather than never.
    await socket.join(recipient);
    try {
      const recent = await this.store.of(recipient, RECENT_MAX);
      return { ok: true, recipient, recent: recent.map(toMessage) };
    } catch (error) {
      this.logger.warn(`the last messages could not be read: ${String(error)}`);
      return { ok: false, code: 'UNAVAILABLE', message: 'The last messages cannot be read now. Connect again later.' };
    }
  }
}
