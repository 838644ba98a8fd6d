import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { COMPRESSION, RecordBatchError, type Compression } from './record-batch.js';
import { lz4Decompress } from './lz4.js';
import { snappyDecompress } from './snappy.js';

/** Compresses records. Snappy and LZ4 are read but not written. */
export function compress(compression: Exclude<Compression, 'snappy' | 'lz4'>, records: Buffer): Buffer {
  switch (compression) {
    case 'none':
      return records;
    case 'gzip':
      return gzipSync(records);
    case 'zstd':
      return zstdCompressSync(records);
  }
}

/**
 * Never yields more than `bytesMax` bytes: 48 KB of gzip can claim 50 MB.
 * Throws {@link RecordBatchError}: MESSAGE_TOO_LARGE, CORRUPT_MESSAGE or UNSUPPORTED_COMPRESSION_TYPE.
 */
export function decompress(compressionCode: number, payload: Buffer, bytesMax: number): Buffer {
  try {
    switch (compressionCode) {
      case COMPRESSION.none:
        return payload;
      case COMPRESSION.gzip:
        return gunzipSync(payload, { maxOutputLength: bytesMax });
      case COMPRESSION.snappy:
        return snappyDecompress(payload, bytesMax);
      case COMPRESSION.lz4:
        return lz4Decompress(payload, bytesMax);
      case COMPRESSION.zstd:
        return zstdDecompressSync(payload, { maxOutputLength: bytesMax });
    }
  } catch (error) {
    if (error instanceof RecordBatchError) throw error;
    throw isTooLarge(error)
      ? new RecordBatchError('MESSAGE_TOO_LARGE', `the records decompress to more than ${bytesMax} bytes`, {
          cause: error,
        })
      : new RecordBatchError('CORRUPT_MESSAGE', 'the records do not decompress', { cause: error });
  }
  throw new RecordBatchError('UNSUPPORTED_COMPRESSION_TYPE', `compression code ${compressionCode}`);
}

function isTooLarge(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
