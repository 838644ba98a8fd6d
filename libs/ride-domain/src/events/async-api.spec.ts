import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { EVENT_DOCS_FILE, eventDocsText } from '../generate/event-docs.js';
import { asyncApiDocument } from './async-api.js';
import { TOPICS } from './topics.js';

interface Document {
  readonly asyncapi: string;
  readonly channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>;
  readonly components: {
    messages: Record<string, { payload: { properties: Record<string, unknown>; required: string[] } }>;
  };
}

describe('asyncApiDocument', () => {
  const document = asyncApiDocument('1.2.3') as unknown as Document;

  it('has a channel for each topic', () => {
    expect(document.asyncapi).toBe('3.0.0');
    expect(Object.keys(document.channels)).toEqual(Object.keys(TOPICS));
  });

  it('names every event of a topic, with its fields', () => {
    expect(Object.keys(document.channels.RideRequests!.messages)).toEqual(['ride.requested', 'ride.cancel_requested']);
    expect(Object.keys(document.channels.RideEvents!.messages)).toHaveLength(13);
    const { payload } = document.components.messages['driver.location']!;
    expect(Object.keys(payload.properties)).toContain('bearingDeg');
    expect(payload.required).toContain('position');
  });

  it('refers only to what it holds, and is plain JSON', () => {
    const text = JSON.stringify(document);
    expect(JSON.parse(text)).toEqual(document);
    for (const [, reference] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = reference!
        .split('/')
        .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], document);
      expect(found).toBeDefined();
    }
  });

  it('is what docs/events holds', async () => {
    expect(JSON.parse(await readFile(EVENT_DOCS_FILE, 'utf8'))).toEqual(JSON.parse(eventDocsText()));
  });
});
