/** A connection that sends whatever bytes a test likes, and reads whole frames. For tests. */
import { connect, type Socket } from 'node:net';
import type { ApiKey, RequestInput, Response } from '../src/wire/apis/registry.ts';
import { FrameSplitter } from '../src/wire/frame.ts';
import { decodeResponse, encodeRequest } from '../src/wire/messages.ts';

const FRAME_BYTES_MAX = 1 << 27;
const PATIENCE_MS = 10_000;

export class RawClient {
  readonly socket: Socket;
  readonly #frames: Buffer[] = [];
  readonly #waiting: ((frame: Buffer | null) => void)[] = [];
  #isClosed = false;
  #correlationId = 0;

  constructor(at: number | Socket) {
    this.socket = typeof at === 'number' ? connect({ port: at, host: '127.0.0.1' }) : at;
    const splitter = new FrameSplitter({ frameBytesMin: 0, frameBytesMax: FRAME_BYTES_MAX });
    this.socket.on('data', (chunk: Buffer) => {
      splitter.push(chunk, (frame) => {
        const next = this.#waiting.shift();
        if (next) next(frame);
        else this.#frames.push(frame);
      });
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.#isClosed = true;
      for (const next of this.#waiting.splice(0)) next(null);
    });
  }

  /** Sends one request; resolves with its answer. */
  async ask<K extends ApiKey>(apiKey: K, apiVersion: number, body: RequestInput<K>): Promise<Response<K>> {
    const correlationId = this.send(apiKey, apiVersion, body);
    const frame = await this.frame();
    if (frame === null) throw new Error(`the broker closed the connection on API ${apiKey} version ${apiVersion}`);
    const response = decodeResponse(apiKey, apiVersion, frame);
    if (response.correlationId !== correlationId)
      throw new Error(`answer ${response.correlationId} to ${correlationId}`);
    return response.body;
  }

  /** Sends one request and does not wait; returns its correlation id. */
  send<K extends ApiKey>(apiKey: K, apiVersion: number, body: RequestInput<K>): number {
    this.#correlationId += 1;
    const header = { correlationId: this.#correlationId, clientId: 'raw' };
    this.write(Buffer.concat(encodeRequest(apiKey, apiVersion, header, body)));
    return this.#correlationId;
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** The next frame, or null once the connection is closed. */
  frame(): Promise<Buffer | null> {
    const frame = this.#frames.shift();
    if (frame) return Promise.resolve(frame);
    if (this.#isClosed) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('neither an answer nor an end of the connection')), PATIENCE_MS);
      this.#waiting.push((next) => {
        clearTimeout(timer);
        resolve(next);
      });
    });
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A frame: size, then the bytes. */
export function framed(...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

/** A request header in the old form: key, version, correlation id, client id. */
export function header(apiKey: number, apiVersion: number, correlationId = 1): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.writeInt16BE(apiKey, 0);
  bytes.writeInt16BE(apiVersion, 2);
  bytes.writeInt32BE(correlationId, 4);
  bytes.writeInt16BE(-1, 8);
  return bytes;
}
