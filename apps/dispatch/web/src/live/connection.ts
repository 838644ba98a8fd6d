import { io, type Socket } from 'socket.io-client';
import type { ClientToServerEvents, LiveDelta, ServerToClientEvents } from '../../../src/live/protocol.js';
import type { LiveStore } from '../state/live-store.js';

/** The gateway answers at most one resync a second. */
const RESYNC_PAUSE_MS = 1_100;
const REFUSED_PAUSE_MS = 5_000;

/**
 * Keeps the store in step with the gateway: a snapshot on every (re)connection, then deltas. A gap or another epoch asks
 * for a new snapshot; deltas that arrive meanwhile are acknowledged and dropped.
 */
export class LiveConnection {
  private readonly socket: Socket<ServerToClientEvents, ClientToServerEvents>;
  private readonly store: LiveStore;
  private readonly changed: () => void;
  private askedMs = -Infinity;
  private reconnect: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private attempted = false;

  constructor(store: LiveStore, changed: () => void) {
    this.store = store;
    this.changed = changed;
    this.socket = io('/live', { transports: ['websocket', 'polling'], reconnectionDelayMax: 3_000 });
    this.socket.on('connect', () => {
      this.attempted = true;
      changed();
    });
    this.socket.on('disconnect', (reason) => {
      clearTimeout(this.retry);
      this.retry = undefined;
      // A gateway that stops says goodbye, after which socket.io waits to be told.
      if (reason === 'io server disconnect') this.socket.connect();
      changed();
    });
    this.socket.on('connect_error', () => {
      this.attempted = true;
      // Refused by the gateway (it is full): socket.io gives up, this page does not.
      if (!this.socket.active) this.reconnect = setTimeout(() => this.socket.connect(), REFUSED_PAUSE_MS);
      changed();
    });
    this.socket.on('snapshot', (snapshot) => {
      clearTimeout(this.retry);
      this.retry = undefined;
      store.applySnapshot(snapshot, Date.now());
      changed();
    });
    this.socket.on('delta', (delta, done) => {
      this.take(delta);
      done();
    });
  }

  /** Open, or on the first try to open. */
  get open(): boolean {
    return this.socket.connected || !this.attempted;
  }

  close(): void {
    clearTimeout(this.retry);
    clearTimeout(this.reconnect);
    this.socket.close();
  }

  private take(delta: LiveDelta): void {
    const verdict = this.store.applyDelta(delta, Date.now());
    if (verdict === 'applied') this.changed();
    else if (verdict !== 'old') this.resync();
  }

  private resync(): void {
    if (this.retry !== undefined) return;
    const pauseMs = Math.max(0, this.askedMs + RESYNC_PAUSE_MS - Date.now());
    this.retry = setTimeout(() => {
      this.askedMs = Date.now();
      this.retry = undefined;
      this.socket.emit('resync');
    }, pauseMs);
  }
}
