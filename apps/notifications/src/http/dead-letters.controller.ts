import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { deadLettersController } from 'streaming-core/nest/dead-letters.controller';
import { GROUP_ID } from '../stream/group.js';

/** The group's dead letters: list, show, send back, throw away. */
export const DeadLettersController = deadLettersController({
  path: 'api/notifications/dead-letters',
  groupId: GROUP_ID,
  decorators: [ApiTags('dead letters')],
});

const queue = ApiParam({ name: 'queue', description: 'RideEvents.notifications.dlq' });
const range = [
  ApiQuery({ name: 'partition', required: false, description: 'only this partition; all if not given' }),
  ApiQuery({ name: 'before', required: false, description: 'only letters before this offset of the partition' }),
];

describe(
  'queues',
  ApiOperation({ summary: 'The dead-letter queues of the service, with the number of their letters' }),
);
describe(
  'list',
  ApiOperation({ summary: 'Events that were refused, or whose messages could not be delivered; newest first' }),
  queue,
  ApiQuery({ name: 'limit', required: false, description: '1 to 200, 50 if not given' }),
);
describe('show', ApiOperation({ summary: 'One dead letter, whole' }), queue);
describe(
  'merge',
  ApiOperation({ summary: 'Send letters back, so that their messages are delivered again' }),
  queue,
  ...range,
);
describe('resend', ApiOperation({ summary: 'Send one letter back and keep it' }), queue);
describe('purge', ApiOperation({ summary: 'Throw letters away' }), queue, ...range);

function describe(method: string, ...decorators: MethodDecorator[]): void {
  const prototype = DeadLettersController.prototype as object;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  if (!descriptor) throw new Error(`the dead-letters controller has no method ${method}`);
  applyDecorators(...decorators)(prototype, method, descriptor);
}
