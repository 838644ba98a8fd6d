import type { PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { ApiException } from './api-error.js';

/** Validates and types what a request carries. Use strict object schemas: unknown fields are then refused by name. */
export class ZodPipe<S extends z.ZodType> implements PipeTransform<unknown, z.infer<S>> {
  constructor(private readonly schema: S) {}

  transform(value: unknown): z.infer<S> {
    const result = this.schema.safeParse(value);
    if (result.success) return result.data;
    const issues = result.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    const first = issues[0];
    const where = first?.path ? `${first.path}: ` : '';
    throw new ApiException(400, 'INVALID_INPUT', `${where}${first?.message ?? 'not valid'}`, issues);
  }
}
