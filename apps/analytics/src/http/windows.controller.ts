import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { idSchema } from '@ridestream/ride-domain/events/common';
import { ApiException } from '@ridestream/platform/http/api-error';
import { ZodPipe } from '@ridestream/platform/http/zod-pipe';
import { z } from 'zod';
import { WindowQueries } from '../store/window-queries.js';
import type { ZoneWindow } from '../store/zone-window.entity.js';

const instant = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-03-06T17:30:00Z' })
  .transform((text) => new Date(text));

const querySchema = z.strictObject({
  zone: idSchema.optional(),
  from: instant.optional(),
  to: instant.optional(),
  limit: z.coerce.number().int().min(1).max(5_000).default(500),
});

@ApiTags('windows')
@Controller('api')
export class WindowsController {
  constructor(private readonly queries: WindowQueries) {}

  @Get('windows')
  @ApiOperation({ summary: 'One-minute windows of city time per zone, newest first' })
  @ApiQuery({ name: 'zone', required: false })
  @ApiQuery({ name: 'from', required: false, description: 'First window start, ISO 8601 with offset' })
  @ApiQuery({ name: 'to', required: false, description: 'Windows before this time' })
  @ApiQuery({ name: 'limit', required: false, description: '1 to 5000, 500 if not given' })
  windows(@Query(new ZodPipe(querySchema)) query: z.infer<typeof querySchema>): Promise<ZoneWindow[]> {
    if (query.from && query.to && query.from >= query.to) {
      throw new ApiException(400, 'INVALID_INPUT', 'from must be before to');
    }
    return this.queries.windows(query);
  }

  @Get('zones')
  @ApiOperation({ summary: 'The newest closed window of every zone: surge, idle and busy drivers' })
  zones(): ReturnType<WindowQueries['zones']> {
    return this.queries.zones();
  }

  @Get('kpis')
  @ApiOperation({ summary: 'The whole city over the last 15 minutes of city time' })
  async kpis(): Promise<unknown> {
    const metrics = await this.queries.cityMetrics();
    if (!metrics) throw new ApiException(404, 'NO_DATA_YET', 'No event has arrived yet.');
    return metrics;
  }
}
