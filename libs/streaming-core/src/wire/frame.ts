const SIZE_BYTES = 4;
const GATHER_BYTES_MIN = 4096;

export type FrameErrorCode =
  | 'NEGATIVE_SIZE'
  /** Shorter than any message. */
  | 'TOO_SHORT'
  | 'TOO_LARGE'
  /** The peer speaks something else. */
  | 'HTTP'
  | 'TLS';

/** The stream cannot be read further: the connection must be closed. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  constructor(
    readonly code: FrameErrorCode,
    message: string,
  ) {
    super(message);
  }
}

export interface FrameLimits {
  /** Largest frame without its size prefix (`socket.request.max.bytes`). */
  readonly frameBytesMax: number;
  /** Smallest frame: 10 for requests (their header), 4 for responses. */
  readonly frameBytesMin: number;
}

/**
 * Cuts a byte stream into frames: four bytes of size, then that many bytes. A frame that lies in one chunk is a view of it;
 * one that comes in pieces is gathered in a buffer that at most doubles what has arrived, whatever size it claims, so
 * memory follows the bytes received and every byte is copied a bounded number of times.
 */
export class FrameSplitter {
  readonly #limits: FrameLimits;
  readonly #size = Buffer.alloc(SIZE_BYTES);
  #sizeBytes = 0;
  /** Bytes of the frame being gathered, or -1 while its size is not known. */
  #expected = -1;
  #gathered: Buffer | null = null;
  #gatheredBytes = 0;
  #failure: FrameError | null = null;

  constructor(limits: FrameLimits) {
    this.#limits = limits;
  }

  /** Bytes held of a frame that is not complete. */
  get pendingBytes(): number {
    return this.#sizeBytes + this.#gatheredBytes;
  }

  /**
   * Calls `onFrame` for each frame that is now complete, in order, without its size prefix.
   * Throws {@link FrameError} (after the frames before the bad one), and again on every later call.
   */
  push(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    if (this.#failure !== null) throw this.#failure;
    let position = 0;
    while (position < chunk.length) {
      if (this.#expected < 0) position = this.#readSize(chunk, position);
      if (this.#expected < 0 || position === chunk.length) return;
      const missing = this.#expected - this.#gatheredBytes;
      const available = chunk.length - position;
      if (this.#gatheredBytes === 0 && available >= missing) {
        const frame = chunk.subarray(position, position + missing);
        position += missing;
        this.#reset();
        onFrame(frame);
        continue;
      }
      const taken = Math.min(missing, available);
      this.#gather(chunk, position, taken);
      position += taken;
      if (taken === missing) {
        const frame = this.#gathered!.subarray(0, this.#expected);
        this.#reset();
        onFrame(frame);
      }
    }
  }

  #readSize(chunk: Buffer, position: number): number {
    const taken = Math.min(SIZE_BYTES - this.#sizeBytes, chunk.length - position);
    chunk.copy(this.#size, this.#sizeBytes, position, position + taken);
    this.#sizeBytes += taken;
    if (this.#sizeBytes === SIZE_BYTES) {
      this.#failure = checkSize(this.#size, this.#limits);
      if (this.#failure !== null) throw this.#failure;
      this.#expected = this.#size.readInt32BE(0);
    }
    return position + taken;
  }

  #gather(chunk: Buffer, start: number, bytes: number): void {
    const needed = this.#gatheredBytes + bytes;
    if (this.#gathered === null || this.#gathered.length < needed) {
      const capacity = Math.min(this.#expected, Math.max(needed * 2, GATHER_BYTES_MIN));
      const grown = Buffer.allocUnsafeSlow(capacity);
      this.#gathered?.copy(grown, 0, 0, this.#gatheredBytes);
      this.#gathered = grown;
    }
    chunk.copy(this.#gathered, this.#gatheredBytes, start, start + bytes);
    this.#gatheredBytes = needed;
  }

  #reset(): void {
    this.#sizeBytes = 0;
    this.#expected = -1;
    this.#gathered = null;
    this.#gatheredBytes = 0;
  }
}

const HTTP_STARTS = new Set(['GET ', 'PUT ', 'POST', 'HEAD', 'HTTP', 'OPTI', 'PATC', 'DELE', 'CONN', 'TRAC', 'PRI ']);
const TLS_HANDSHAKE = 0x16;
const TLS_MAJOR_VERSION = 0x03;

function checkSize(prefix: Buffer, limits: FrameLimits): FrameError | null {
  if (HTTP_STARTS.has(prefix.toString('latin1'))) {
    return new FrameError('HTTP', 'the peer speaks HTTP on a port of the Kafka protocol');
  }
  if (prefix[0] === TLS_HANDSHAKE && prefix[1] === TLS_MAJOR_VERSION) {
    return new FrameError('TLS', 'the peer speaks TLS on a plain-text port of the Kafka protocol');
  }
  const size = prefix.readInt32BE(0);
  if (size < 0) return new FrameError('NEGATIVE_SIZE', `a frame size of ${size}`);
  if (size < limits.frameBytesMin) {
    return new FrameError('TOO_SHORT', `a frame of ${size} bytes, at least ${limits.frameBytesMin} are needed`);
  }
  if (size > limits.frameBytesMax) {
    return new FrameError('TOO_LARGE', `a frame of ${size} bytes, at most ${limits.frameBytesMax} are taken`);
  }
  return null;
}
