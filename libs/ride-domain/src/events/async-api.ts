import { z } from 'zod';
import { TOPICS, type TopicName } from './topics.js';

/** A JSON Schema, as zod writes it. */
type JsonSchema = z.core.JSONSchema.BaseSchema;

interface EventSchema {
  readonly type: string;
  readonly schema: JsonSchema;
}

const KEY_WORDS: Readonly<Record<(typeof TOPICS)[TopicName]['key'], string>> = {
  rideId: 'ride id',
  driverId: 'driver id',
  zone: 'zone id',
  constant: 'the word "city"',
};

/** Every topic, its events and their fields as an AsyncAPI 3.0 document, from the schemas that validate the events. */
export function asyncApiDocument(version: string): Readonly<Record<string, unknown>> {
  const names = Object.keys(TOPICS) as TopicName[];
  const events = names.flatMap((name) => eventsOn(name));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Ridestream events',
      version,
      description:
        'Values are JSON text, one event per record. Event time is `at`, in city time; the record timestamp is wall-clock time.',
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(names.map((name) => [name, channelOf(name)])),
    operations: Object.fromEntries(
      names.map((name) => [`read${name}`, { action: 'receive', channel: { $ref: `#/channels/${name}` } }]),
    ),
    components: {
      messages: Object.fromEntries(
        events.map(({ type, schema }) => [
          type,
          { name: type, headers: { $ref: '#/components/schemas/headers' }, payload: schema },
        ]),
      ),
      schemas: { headers: headersSchema },
    },
  };
}

function channelOf(name: TopicName): object {
  const { partitioning, key, config } = TOPICS[name];
  const place = partitioning === 'zone' ? 'partition by zone table' : 'one partition';
  return {
    address: TOPICS[name].name,
    description: `Key: ${KEY_WORDS[key]}; ${place}.`,
    messages: Object.fromEntries(eventsOn(name).map(({ type }) => [type, { $ref: `#/components/messages/${type}` }])),
    bindings: { kafka: { topicConfiguration: config } },
  };
}

/** The events of a topic: one, or the members of its union. */
function eventsOn(name: TopicName): EventSchema[] {
  const schema: JsonSchema = z.toJSONSchema(TOPICS[name].schema, { io: 'input' });
  const members = schema.oneOf ?? schema.anyOf ?? [schema];
  return members.map((member) => {
    const type = member.properties?.type;
    if (typeof type !== 'object' || typeof type.const !== 'string') throw new Error(`an event of ${name} has no type`);
    return { type: type.const, schema: member };
  });
}

const headersSchema = {
  type: 'object',
  required: ['event-type', 'event-version', 'event-time'],
  properties: {
    'event-type': { type: 'string', description: 'as `type` in the value' },
    'event-version': { type: 'string', description: 'as `v` in the value' },
    'event-time': { type: 'string', description: 'as `at` in the value: city time, milliseconds since 1970' },
    traceparent: { type: 'string', description: 'W3C trace context' },
  },
} as const;
