import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { ApiException } from '@ridestream/platform/http/api-error';
import { ZodPipe } from '@ridestream/platform/http/zod-pipe';
import type { LatLon, VehicleClass } from '@ridestream/ride-domain/events/common';
import { driverStateSchema, type DriverState } from '@ridestream/ride-domain/events/driver-events';
import type { z } from 'zod';
import { CityState } from '../live/city-state.js';
import type { DriverEntry } from '../zone/driver-table.js';
import { listDriversSchema, pathIdSchema } from './api-schemas.js';

/** A driver as the API shows it. */
export interface DriverView {
  readonly driverId: string;
  readonly state: DriverState;
  readonly zone: string;
  readonly position: LatLon;
  readonly bearingDeg: number;
  readonly vehicleClass: VehicleClass | null;
  readonly rideId: string | null;
  /** City time (ms) of the driver's last event. */
  readonly heardAt: number;
}

@ApiTags('drivers')
@Controller('api/drivers')
export class DriversController {
  constructor(private readonly city: CityState) {}

  @Get()
  @ApiOperation({ summary: 'Drivers heard of lately' })
  @ApiQuery({ name: 'state', enum: driverStateSchema.options, required: false })
  @ApiQuery({ name: 'zone', type: String, required: false })
  @ApiQuery({ name: 'limit', type: Number, required: false })
  list(@Query(new ZodPipe(listDriversSchema)) query: z.infer<typeof listDriversSchema>): DriverView[] {
    const found: DriverView[] = [];
    for (const entry of this.city.drivers.all()) {
      if (query.state !== undefined && entry.state !== query.state) continue;
      if (query.zone !== undefined && entry.zone !== query.zone) continue;
      found.push(viewOf(entry));
      if (found.length === query.limit) break;
    }
    return found;
  }

  @Get(':driverId')
  @ApiOperation({ summary: 'One driver' })
  find(@Param('driverId', new ZodPipe(pathIdSchema)) driverId: string): DriverView {
    const entry = this.city.drivers.get(driverId);
    if (entry === undefined) throw new ApiException(404, 'DRIVER_NOT_FOUND', `There is no driver ${driverId}.`);
    return viewOf(entry);
  }
}

const viewOf = (entry: DriverEntry): DriverView => ({
  driverId: entry.driverId,
  state: entry.state,
  zone: entry.zone,
  position: entry.position,
  bearingDeg: entry.bearingDeg,
  vehicleClass: entry.vehicleClass,
  rideId: entry.rideId,
  heardAt: entry.heardAt,
});
