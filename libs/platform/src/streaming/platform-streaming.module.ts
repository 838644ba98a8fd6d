import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { prometheusLag, prometheusMetrics } from 'streaming-core/nest/prometheus-metrics';
import type { StreamingModuleOptions } from 'streaming-core/nest/streaming-options';
import { StreamingConsumers } from 'streaming-core/nest/streaming-consumers';
import { StreamingModule } from 'streaming-core/nest/streaming.module';
import { HealthRegistry } from '../health/health-registry.js';
import { Metrics } from '../metrics/metrics.js';

/** Puts the consumers' state into the service's health report and their lag into its metrics. */
@Injectable()
class StreamingProbes {
  constructor(consumers: StreamingConsumers, health: HealthRegistry, metrics: Metrics) {
    health.add('streaming', () => {
      const { ok, consumers: members } = consumers.status();
      return Promise.resolve({ ok, detail: { consumers: members } });
    });
    prometheusLag(metrics.registry, () => consumers.lag());
  }
}

/** `StreamingModule` with the platform's metrics and health. */
@Module({})
export class PlatformStreamingModule {
  static forRoot(options: StreamingModuleOptions): DynamicModule {
    return {
      module: PlatformStreamingModule,
      imports: [
        StreamingModule.forRootAsync({
          inject: [Metrics],
          useFactory: (metrics: Metrics) => ({ ...options, metrics: prometheusMetrics(metrics.registry) }),
        }),
      ],
      providers: [StreamingProbes],
    };
  }
}
