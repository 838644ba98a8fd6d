import { Controller, Get, Header, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { CityPack } from '@ridestream/ride-domain/city/load-city-pack';
import { gzipSync } from 'node:zlib';
import type { CityView } from '../live/protocol.js';

/** The map does not change while the service runs, and streets are megabytes: it is put together and packed once. */
export class CityDocument {
  readonly gzipped: Buffer;

  constructor(pack: CityPack) {
    const view: CityView = {
      name: pack.name,
      timeZone: pack.timeZone,
      attribution: pack.attribution,
      bounds: pack.bounds,
      zones: pack.zonesGeoJson,
      streets: pack.streetsGeoJson,
      backdrop: pack.backdropGeoJson,
    };
    this.gzipped = gzipSync(JSON.stringify(view));
  }
}

@ApiTags('city')
@Controller('api/city')
export class CityController {
  constructor(private readonly document: CityDocument) {}

  @Get()
  @ApiOperation({ summary: 'The map: zones, streets, water and parks as GeoJSON. Always gzipped' })
  @ApiOkResponse({ description: 'name, bounds, zones, streets, backdrop' })
  @Header('content-encoding', 'gzip')
  @Header('cache-control', 'no-cache')
  city(): StreamableFile {
    const { gzipped } = this.document;
    return new StreamableFile(gzipped, { type: 'application/json', length: gzipped.length });
  }
}
