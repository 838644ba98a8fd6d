import { z } from 'zod';

/** `npm start` sets it to the PostgreSQL that it starts. */
export const databaseUrlEnv = z
  .string({ error: 'is missing: set it to a PostgreSQL, such as postgres://user:password@host:5432/database' })
  .regex(/^postgres(ql)?:\/\/.+/, 'must be a PostgreSQL URL, such as postgres://user:password@host:5432/database');
