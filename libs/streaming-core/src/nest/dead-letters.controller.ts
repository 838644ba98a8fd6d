import {
  BadRequestException,
  ConflictException,
  Controller,
  Delete,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  Query,
  type Type,
} from '@nestjs/common';
import { DeadLetterDesk, DeadLetterError, type DeadLetter, type DeadLetterQueue } from './dead-letter-desk.js';

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 200;
const VALUE_CHARS_MAX = 2_000;

/** A dead letter as JSON. */
export interface DeadLetterView {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly reason: string;
  readonly attempts: number;
  readonly groupId: string | null;
  /** Where the record was read first: topic-partition@offset. */
  readonly origin: string | null;
  readonly key: string | null;
  /** As text, shortened in lists; null for a tombstone. */
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** When the record was written, wall clock. */
  readonly writtenAt: string;
}

export interface DeadLettersControllerOptions {
  /** Where the routes lie, such as `api/dead-letters`. */
  readonly path: string;
  /** Only letters of this group are shown and touched. Default: all that the client may see. */
  readonly groupId?: string;
  /** For guards, interceptors and OpenAPI tags: `[UseGuards(OperatorGuard), ApiTags('operations')]`. */
  readonly decorators?: readonly ClassDecorator[];
}

/**
 * A controller for an application to mount: `controllers: [deadLettersController({ path: 'api/dead-letters' })]`. It lists, sends
 * back and deletes: put a guard on it where people come that may not.
 *
 * - `GET /` the queues; `GET /:queue?limit=` the newest letters; `GET /:queue/:partition/:offset` one, whole
 * - `POST /:queue/merge?partition=&before=` sends letters back to where they came from; `POST /:queue/:partition/:offset/resend` one
 * - `DELETE /:queue?partition=&before=` throws letters away
 */
export function deadLettersController({ path, groupId, decorators = [] }: DeadLettersControllerOptions): Type<unknown> {
  @Controller(path)
  class DeadLettersController {
    constructor(readonly desk: DeadLetterDesk) {}

    @Get()
    queues(): Promise<readonly DeadLetterQueue[]> {
      return this.desk.queues(groupId);
    }

    @Get(':queue')
    list(@Param('queue') queue: string, @Query('limit') limit?: string): Promise<DeadLetterView[]> {
      return answered(async () => {
        const count = limit === undefined ? LIMIT_DEFAULT : wholeNumber('limit', limit);
        if (count < 1 || count > LIMIT_MAX) throw new BadRequestException(`limit: 1 to ${LIMIT_MAX}`);
        const letters = await this.desk.list(own(queue), count);
        return letters.map((letter) => toView(letter, VALUE_CHARS_MAX));
      });
    }

    @Get(':queue/:partition/:offset')
    show(
      @Param('queue') queue: string,
      @Param('partition') partition: string,
      @Param('offset') offset: string,
    ): Promise<DeadLetterView> {
      return answered(async () =>
        toView(await this.desk.show(own(queue), wholeNumber('partition', partition), wholeOffset('offset', offset))),
      );
    }

    @Post(':queue/merge')
    @HttpCode(200)
    merge(
      @Param('queue') queue: string,
      @Query('partition') partition?: string,
      @Query('before') before?: string,
    ): Promise<{ merged: number }> {
      return answered(async () => ({ merged: await this.desk.merge(own(queue), rangeOf(partition, before)) }));
    }

    @Post(':queue/:partition/:offset/resend')
    @HttpCode(204)
    resend(
      @Param('queue') queue: string,
      @Param('partition') partition: string,
      @Param('offset') offset: string,
    ): Promise<void> {
      return answered(() =>
        this.desk.resend(own(queue), wholeNumber('partition', partition), wholeOffset('offset', offset)),
      );
    }

    @Delete(':queue')
    purge(
      @Param('queue') queue: string,
      @Query('partition') partition?: string,
      @Query('before') before?: string,
    ): Promise<{ purged: number }> {
      return answered(async () => ({ purged: await this.desk.purge(own(queue), rangeOf(partition, before)) }));
    }
  }

  const own = (queue: string): string => {
    if (groupId === undefined || queue.endsWith(`.${groupId}.dlq`)) return queue;
    throw new NotFoundException(`no dead letters of group ${groupId} lie in ${queue}`);
  };
  for (const decorate of decorators) decorate(DeadLettersController);
  return DeadLettersController;
}

function toView(letter: DeadLetter, valueCharsMax = Infinity): DeadLetterView {
  const { topic, partition, offset, reason, attempts, groupId, origin, key, value, headers, timestamp } = letter;
  const text = value?.toString('utf8') ?? null;
  return {
    ...{ topic, partition, reason, attempts, groupId, key },
    offset: String(offset),
    origin: origin && `${origin.topic}-${origin.partition}@${origin.offset}`,
    value: text !== null && text.length > valueCharsMax ? `${text.slice(0, valueCharsMax)}…` : text,
    headers: Object.fromEntries(headers),
    writtenAt: new Date(timestamp).toISOString(),
  };
}

function rangeOf(partition: string | undefined, before: string | undefined) {
  return {
    ...(partition !== undefined && { partition: wholeNumber('partition', partition) }),
    ...(before !== undefined && { before: wholeOffset('before', before) }),
  };
}

/** A query parameter that is given twice comes as an array, whatever the types say. */
function wholeNumber(name: string, text: unknown): number {
  if (typeof text !== 'string' || !/^\d{1,9}$/.test(text)) throw new BadRequestException(`${name}: not a whole number`);
  return Number(text);
}

function wholeOffset(name: string, text: unknown): bigint {
  if (typeof text !== 'string' || !/^\d{1,18}$/.test(text)) throw new BadRequestException(`${name}: not an offset`);
  return BigInt(text);
}

async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DeadLetterError)) throw error;
    switch (error.code) {
      case 'NO_SUCH_QUEUE':
      case 'NO_SUCH_LETTER':
        throw new NotFoundException(error.message);
      case 'NOT_A_QUEUE':
      case 'BAD_RANGE':
        throw new BadRequestException(error.message);
      case 'NO_ORIGIN':
        throw new ConflictException(error.message);
    }
  }
}
