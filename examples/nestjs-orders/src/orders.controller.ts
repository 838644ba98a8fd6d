import { Controller, Inject } from '@nestjs/common';
import { ClientKafka, EventPattern, Payload } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { Stock } from './stock.js';

export const KAFKA = Symbol('KAFKA');

interface OrderPlaced {
  readonly orderId: string;
  readonly article: string;
  readonly count: number;
}

/** Takes what was ordered from the stock, and says so. */
@Controller()
export class OrdersController {
  constructor(
    private readonly stock: Stock,
    @Inject(KAFKA) private readonly kafka: ClientKafka,
  ) {}

  @EventPattern('orders')
  async onOrder(@Payload() { orderId, article, count }: OrderPlaced): Promise<void> {
    this.stock.take(orderId, article, count);
    const value = { orderId, left: this.stock.pieces(article) };
    await lastValueFrom(this.kafka.emit('stock', { key: article, value }), { defaultValue: undefined });
  }
}
