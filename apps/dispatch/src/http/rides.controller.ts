import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { ZodPipe } from '@ridestream/platform/http/zod-pipe';
import { RIDE_STATES } from '@ridestream/ride-domain/rides/ride-states';
import type { z } from 'zod';
import { CityState } from '../live/city-state.js';
import type { QuoteView, RideView } from '../live/protocol.js';
import {
  cancelRideSchema,
  listRidesSchema,
  pathIdSchema,
  quoteRequestSchema,
  requestRideSchema,
} from './api-schemas.js';
import { openApiBody } from './openapi.js';
import { RideDesk } from './ride-desk.js';

@ApiTags('rides')
@Controller('api')
export class RidesController {
  constructor(
    private readonly desk: RideDesk,
    private readonly city: CityState,
  ) {}

  @Post('quotes')
  @HttpCode(200)
  @ApiOperation({ summary: 'Price, distance and duration of a trip' })
  @ApiBody(openApiBody(quoteRequestSchema))
  quote(@Body(new ZodPipe(quoteRequestSchema)) body: z.infer<typeof quoteRequestSchema>): QuoteView {
    const { dropoffZone: _, ...quote } = this.desk.quote(body.pickup, body.dropoff, body.vehicleClass);
    return quote;
  }

  @Post('rides')
  @HttpCode(202)
  @ApiOperation({ summary: 'Ask for a ride. It is in the log when this answers; dispatch takes it from there' })
  @ApiBody(openApiBody(requestRideSchema))
  request(@Body(new ZodPipe(requestRideSchema)) body: z.infer<typeof requestRideSchema>): Promise<RideView> {
    return this.desk.request(body);
  }

  @Get('rides')
  @ApiOperation({ summary: 'Rides, newest first' })
  @ApiQuery({ name: 'state', enum: RIDE_STATES, required: false })
  @ApiQuery({ name: 'limit', type: Number, required: false })
  list(@Query(new ZodPipe(listRidesSchema)) query: z.infer<typeof listRidesSchema>): RideView[] {
    return this.city.rides.list(query.state, query.limit);
  }

  @Get('rides/:rideId')
  @ApiOperation({ summary: 'A ride with its timeline' })
  find(@Param('rideId', new ZodPipe(pathIdSchema)) rideId: string): RideView {
    return this.desk.find(rideId);
  }

  @Delete('rides/:rideId')
  @HttpCode(202)
  @ApiOperation({ summary: 'Ask to cancel a ride. What comes of it is in its timeline' })
  @ApiQuery({ name: 'reason', enum: cancelRideSchema.shape.reason.unwrap().options, required: false })
  cancel(
    @Param('rideId', new ZodPipe(pathIdSchema)) rideId: string,
    @Query(new ZodPipe(cancelRideSchema)) query: z.infer<typeof cancelRideSchema>,
  ): Promise<RideView> {
    return this.desk.cancel(rideId, query.reason);
  }
}
