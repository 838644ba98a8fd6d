import { ApiException } from '@ridestream/platform/http/api-error';
import { ZodPipe } from '@ridestream/platform/http/zod-pipe';
import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { CityRun } from '../runtime/city-run.js';
import {
  type DemandBurstBody,
  demandBurstBodySchema,
  type DriversOffBody,
  driversOffBodySchema,
  type DriversOffView,
  driversOffViewSchema,
  type SimView,
  simViewSchema,
  type SpeedBody,
  speedBodySchema,
} from './sim-schemas.js';

type OpenApiSchema = NonNullable<Extract<Parameters<typeof ApiBody>[0], { schema: unknown }>['schema']>;

const openApi = (schema: z.ZodType) => ({ schema: z.toJSONSchema(schema, { target: 'openapi-3.0' }) as OpenApiSchema });

/** How people steer the simulated city. */
@ApiTags('simulation')
@Controller('sim')
export class SimController {
  constructor(private readonly run: CityRun) {}

  @Get()
  @ApiOperation({ summary: 'The city now: its time and speed, drivers by state, riders, events a second' })
  @ApiOkResponse(openApi(simViewSchema))
  view(): SimView {
    return this.run.view();
  }

  @Post('pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Stops the time of the whole city' })
  @ApiOkResponse(openApi(simViewSchema))
  pause(): SimView {
    this.run.clock.pause();
    return this.run.view();
  }

  @Post('resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Lets the time go on' })
  @ApiOkResponse(openApi(simViewSchema))
  resume(): SimView {
    this.run.clock.resume();
    return this.run.view();
  }

  @Post('speed')
  @HttpCode(200)
  @ApiOperation({ summary: 'Sets how fast time goes' })
  @ApiBody(openApi(speedBodySchema))
  @ApiOkResponse(openApi(simViewSchema))
  setSpeed(@Body(new ZodPipe(speedBodySchema)) { speed }: SpeedBody): SimView {
    this.run.clock.setSpeed(speed);
    return this.run.view();
  }

  @Post('demand-burst')
  @HttpCode(202)
  @ApiOperation({ summary: 'Many riders of one zone ask for rides, as after a concert' })
  @ApiBody(openApi(demandBurstBodySchema))
  demandBurst(@Body(new ZodPipe(demandBurstBodySchema)) body: DemandBurstBody): void {
    this.knownZone(body.zone);
    this.run.simulation.demandBurst(body.zone, body.requests, body.minutes * 60_000);
  }

  @Post('drivers-off')
  @HttpCode(202)
  @ApiOperation({ summary: 'Sends drivers off the road for a time; a ride in hand is finished first' })
  @ApiBody(openApi(driversOffBodySchema))
  @ApiOkResponse(openApi(driversOffViewSchema))
  driversOff(@Body(new ZodPipe(driversOffBodySchema)) { zone, share, minutes }: DriversOffBody): DriversOffView {
    if (zone !== undefined) this.knownZone(zone);
    return { asked: this.run.simulation.driversOff(zone, share, minutes * 60_000) };
  }

  private knownZone(zone: string): void {
    if (!this.run.hasZone(zone)) throw new ApiException(404, 'NO_SUCH_ZONE', `The city has no zone ${zone}.`);
  }
}
