import type { Consumer, Kafka, Producer } from 'kafkajs';

export interface Order {
  readonly orderId: string;
  readonly cents: number;
}

/** Sends orders; the order's id is the key, so that all about one order stays in order. */
export async function placeOrders(producer: Producer, orders: readonly Order[]): Promise<void> {
  const messages = orders.map((order) => ({ key: order.orderId, value: JSON.stringify(order) }));
  await producer.send({ topic: 'orders', messages });
}

/** Writes an invoice for each order, once however often Kafka delivers it; what is no order goes to `orders.dlq`. */
export class Billing {
  /** Cents by order: stands for a table with a unique key. */
  readonly invoices = new Map<string, number>();
  readonly #consumer: Consumer;
  readonly #producer: Producer;

  constructor(kafka: Kafka) {
    this.#consumer = kafka.consumer({ groupId: 'billing', maxWaitTimeInMs: 100, heartbeatInterval: 100 });
    this.#producer = kafka.producer({ idempotent: true });
  }

  async start(): Promise<void> {
    await this.#producer.connect();
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: ['orders'], fromBeginning: true });
    await this.#consumer.run({
      eachMessage: async ({ message }) => {
        const order = parse(String(message.value));
        if (order) this.invoices.set(order.orderId, order.cents);
        else await this.#producer.send({ topic: 'orders.dlq', messages: [{ key: message.key, value: message.value }] });
      },
    });
  }

  async stop(): Promise<void> {
    await this.#consumer.disconnect();
    await this.#producer.disconnect();
  }
}

function parse(text: string): Order | null {
  try {
    const { orderId, cents } = JSON.parse(text) as Partial<Order>;
    return typeof orderId === 'string' && typeof cents === 'number' ? { orderId, cents } : null;
  } catch {
    return null;
  }
}
