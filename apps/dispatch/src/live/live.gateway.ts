import {
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  WebSocketGateway,
} from '@nestjs/websockets';
import type { Namespace, Socket } from 'socket.io';
import { DispatchRuntime } from '../runtime.js';
import type { LiveViewer } from './live-feed.js';
import type { ClientToServerEvents, ServerToClientEvents } from './protocol.js';

type LiveNamespace = Namespace<ClientToServerEvents, ServerToClientEvents>;
type LiveSocket = Socket<ClientToServerEvents, ServerToClientEvents>;

/** Browsers send next to nothing: a resync now and then, and an acknowledgement per delta. */
const MESSAGE_BYTES_MAX = 4 * 1024;
const PACKETS_PER_SECOND_MAX = 40;
const RESYNC_INTERVAL_MS = 1_000;
/** Deltas are mostly digits and repeat each other: they shrink to a fifth. */
const COMPRESS_FROM_BYTES = 4 * 1024;

interface Visitor extends LiveViewer {
  /** A snapshot waits for the connection to take more: another one would only queue up behind it. */
  snapshotWaits: boolean;
  resyncedAtMs: number;
  windowStartMs: number;
  packetsInWindow: number;
}

/** The socket.io side of {@link LiveFeed}; see protocol.ts for what travels. */
@WebSocketGateway({
  namespace: '/live',
  maxHttpBufferSize: MESSAGE_BYTES_MAX,
  perMessageDeflate: { threshold: COMPRESS_FROM_BYTES },
  serveClient: false,
})
export class LiveGateway
  implements OnGatewayInit<LiveNamespace>, OnGatewayConnection<LiveSocket>, OnGatewayDisconnect<LiveSocket>
{
  private readonly visitors = new WeakMap<LiveSocket, Visitor>();

  constructor(private readonly runtime: DispatchRuntime) {}

  afterInit(namespace: LiveNamespace): void {
    const { socketsMax } = this.runtime;
    namespace.use((_socket, next) => {
      const isFull = namespace.sockets.size >= socketsMax;
      if (isFull) this.runtime.metrics.socketsRefused.inc();
      next(isFull ? new Error('too many dashboards are connected') : undefined);
    });
    // Nothing lives outside /live: who connects elsewhere is told so, and cannot stay.
    namespace.server.of('/').use((_socket, next) => next(new Error('no such namespace')));
  }

  handleConnection(socket: LiveSocket): void {
    const visitor: Visitor = {
      resyncedAtMs: -RESYNC_INTERVAL_MS,
      windowStartMs: 0,
      packetsInWindow: 0,
      snapshotWaits: false,
      sendSnapshot: (snapshot) => {
        visitor.snapshotWaits = true;
        socket.emit('snapshot', snapshot);
      },
      sendDelta: (delta, done) => socket.emit('delta', delta, done),
    };
    this.visitors.set(socket, visitor);
    // Packets are handed over when what was handed over before has left: with a browser that does not read, never.
    socket.conn.on('flush', () => (visitor.snapshotWaits = false));
    socket.conn.on('packet', () => this.countPacket(socket, visitor));
    socket.onAny((event: string) => {
      if (event !== 'resync') this.runtime.metrics.socketEventsUnknown.inc();
    });
    socket.on('resync', () => this.resync(visitor));
    this.runtime.live.subscribe(visitor);
  }

  handleDisconnect(socket: LiveSocket): void {
    const visitor = this.visitors.get(socket);
    if (visitor) this.runtime.live.unsubscribe(visitor);
  }

  private resync(visitor: Visitor): void {
    const nowMs = performance.now();
    if (visitor.snapshotWaits || nowMs - visitor.resyncedAtMs < RESYNC_INTERVAL_MS) return;
    visitor.resyncedAtMs = nowMs;
    this.runtime.live.resync(visitor);
  }

  private countPacket(socket: LiveSocket, visitor: Visitor): void {
    const nowMs = performance.now();
    if (nowMs - visitor.windowStartMs >= 1_000) {
      visitor.windowStartMs = nowMs;
      visitor.packetsInWindow = 0;
    }
    if (++visitor.packetsInWindow <= PACKETS_PER_SECOND_MAX) return;
    this.runtime.metrics.socketsRefused.inc();
    socket.disconnect(true);
  }
}
