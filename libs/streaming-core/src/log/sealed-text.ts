import { crc32c } from '@node-rs/crc32';

/** One line of CRC, one of content: a flipped bit is noticed. */
export function sealText(body: string): Buffer {
  return Buffer.from(`${crc32c(body).toString(16).padStart(8, '0')}\n${body}\n`);
}

/** What was sealed, or null if there is nothing or it is damaged. */
export function unsealText(bytes: Buffer | null): string | null {
  if (bytes === null) return null;
  const [crc, body, rest] = bytes.toString().split('\n');
  return body !== undefined && rest === '' && crc === crc32c(body).toString(16).padStart(8, '0') ? body : null;
}
