import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { ZodPipe } from '@ridestream/platform/http/zod-pipe';
import { z } from 'zod';
import { recipientSchema } from '../socket/protocol.js';
import type { Notification } from '../store/notification.entity.js';
import { NotificationStore } from '../store/notification-store.js';

const limit = (max: number, byDefault: number) => z.coerce.number().int().min(1).max(max).default(byDefault);

const listSchema = z.strictObject({ recipient: recipientSchema, limit: limit(500, 50) });

@ApiTags('notifications')
@Controller('api/notifications')
export class NotificationsController {
  constructor(private readonly store: NotificationStore) {}

  @Get()
  @ApiOperation({ summary: 'What one person was told, newest first' })
  @ApiQuery({ name: 'recipient', description: 'rider:<id> or driver:<id>' })
  @ApiQuery({ name: 'limit', required: false, description: '1 to 500, 50 if not given' })
  list(@Query(new ZodPipe(listSchema)) query: z.infer<typeof listSchema>): Promise<Notification[]> {
    return this.store.of(query.recipient, query.limit);
  }
}
