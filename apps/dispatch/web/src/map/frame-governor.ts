const SLOW_FRAME_MS = 45;
const CALM_INTERVAL_MS = 120;

/**
 * Decides which animation frames to draw. Where frames come slowly (no graphics card, a busy machine), it draws about eight
 * a second, so that the page stays quick to the hand; vehicles still glide, in larger steps.
 */
export class FrameGovernor {
  private lastTickMs = NaN;
  private lastDrawMs = -Infinity;
  private averageMs = 16;

  wants(nowMs: number): boolean {
    const gapMs = nowMs - this.lastTickMs;
    this.lastTickMs = nowMs;
    // A gap of a second is a hidden tab or a sleeping machine, not a slow frame.
    if (gapMs > 0 && gapMs < 1_000) this.averageMs = this.averageMs * 0.9 + gapMs * 0.1;
    if (this.averageMs > SLOW_FRAME_MS && nowMs - this.lastDrawMs < CALM_INTERVAL_MS) return false;
    this.lastDrawMs = nowMs;
    return true;
  }
}
