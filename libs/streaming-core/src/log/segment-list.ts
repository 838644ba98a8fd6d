import type { Segment } from './segment.js';

/** The segments of a log in the order of their base offsets, never empty; the last is the active one. */
export class SegmentList {
  constructor(private readonly segments: Segment[]) {}

  get all(): readonly Segment[] {
    return this.segments;
  }

  get active(): Segment {
    return this.segments.at(-1)!;
  }

  get first(): Segment {
    return this.segments[0]!;
  }

  get sizeBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.size, 0);
  }

  /** The segment whose range holds an offset; for one before the first segment, the first. */
  indexFor(offset: bigint): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.segments[middle]!.baseOffset <= offset) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  for(offset: bigint): Segment {
    return this.segments[this.indexFor(offset)]!;
  }

  includes(segment: Segment): boolean {
    return this.segments.includes(segment);
  }

  /** Where the segment after this one begins, or undefined if this is the active one. */
  baseAfter(segment: Segment): bigint | undefined {
    return this.segments[this.segments.indexOf(segment) + 1]?.baseOffset;
  }

  add(segment: Segment): void {
    this.segments.push(segment);
  }

  /** Takes out the oldest, all but the active one at most. */
  takeOldest(count: number): Segment[] {
    return this.segments.splice(0, Math.min(count, this.segments.length - 1));
  }

  takeNewest(): void {
    this.segments.pop();
  }

  /** Puts one segment in the place of neighbours. */
  replace(originals: readonly Segment[], replacement: Segment): void {
    this.segments.splice(this.segments.indexOf(originals[0]!), originals.length, replacement);
  }
}
