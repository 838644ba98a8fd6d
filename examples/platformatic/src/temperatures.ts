import {
  Consumer,
  MessagesStreamModes,
  Producer,
  stringDeserializers,
  stringSerializers,
  type MessagesStream,
} from '@platformatic/kafka';

/** The highest reading of each sensor, from the topic `temperatures`. */
export class HottestSensors {
  readonly degrees = new Map<string, number>();
  readonly #consumer: Consumer<string, string, string, string>;
  #stream: MessagesStream<string, string, string, string> | undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(bootstrapBrokers: string[]) {
    this.#consumer = new Consumer({
      clientId: 'hottest',
      groupId: 'hottest',
      bootstrapBrokers,
      deserializers: stringDeserializers,
      heartbeatInterval: 200,
      retryDelay: 20,
      retries: 50,
    });
  }

  async start(): Promise<void> {
    this.#stream = await this.#consumer.consume({
      topics: ['temperatures'],
      mode: MessagesStreamModes.COMMITTED,
      fallbackMode: 'earliest',
      autocommit: false,
      maxWaitTime: 200,
    });
    this.#reading = this.#read(this.#stream);
  }

  async stop(): Promise<void> {
    await this.#stream?.close();
    await this.#reading;
    await this.#consumer.close();
  }

  async #read(stream: MessagesStream<string, string, string, string>): Promise<void> {
    for await (const message of stream) {
      const degrees = Number(message.value);
      const hottest = this.degrees.get(message.key) ?? -Infinity;
      if (degrees > hottest) this.degrees.set(message.key, degrees);
      await message.commit();
    }
  }
}

export async function report(bootstrapBrokers: string[], sensor: string, degrees: readonly number[]): Promise<void> {
  const producer = new Producer({
    clientId: 'sensor',
    bootstrapBrokers,
    serializers: stringSerializers,
    idempotent: true,
    retryDelay: 20,
    retries: 50,
  });
  const messages = degrees.map((value) => ({ topic: 'temperatures', key: sensor, value: String(value) }));
  await producer.send({ messages, acks: -1 });
  await producer.close();
}
