import type { ApiBodyOptions } from '@nestjs/swagger';
import { z } from 'zod';

/** What a zod schema takes in, for the API page. */
export function openApiBody(schema: z.ZodType): ApiBodyOptions {
  const { $schema: _, ...jsonSchema } = z.toJSONSchema(schema, { io: 'input', target: 'openapi-3.0' });
  return { schema: jsonSchema as Extract<ApiBodyOptions, { schema: unknown }>['schema'] };
}
