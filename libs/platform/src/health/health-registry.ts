import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorFunction, type HealthIndicatorResult } from '@nestjs/terminus';

export interface HealthReport {
  readonly ok: boolean;
  /** Shown to whoever asks: no secrets. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

const CHECK_TIMEOUT_MS = 2_000;

/** Parts of a service say here how to tell whether they can do their work. */
@Injectable()
export class HealthRegistry {
  private readonly checks = new Map<string, () => Promise<HealthReport>>();

  constructor(private readonly indicators: HealthIndicatorService) {}

  add(name: string, check: () => Promise<HealthReport>): void {
    this.checks.set(name, check);
  }

  functions(): HealthIndicatorFunction[] {
    return [...this.checks].map(
      ([name, check]) =>
        () =>
          this.run(name, check),
    );
  }

  private async run(name: string, check: () => Promise<HealthReport>): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(name);
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<HealthReport>((resolve) => {
      timer = setTimeout(() => resolve({ ok: false, detail: { reason: 'no answer in time' } }), CHECK_TIMEOUT_MS);
    });
    try {
      const report = await Promise.race([check(), timeout]);
      return report.ok ? indicator.up(report.detail ?? {}) : indicator.down(report.detail ?? {});
    } catch (error) {
      return indicator.down({ reason: error instanceof Error ? error.message : String(error) });
    } finally {
      clearTimeout(timer);
    }
  }
}
