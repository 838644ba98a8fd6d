import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import pg from 'pg';
import { DataSource, type DataSourceOptions, type MixedList } from 'typeorm';
import { HealthRegistry } from '../health/health-registry.js';
import { QueryLogger } from './query-logger.js';

export interface DatabaseOptions {
  readonly url: string;
  /** Each service has a PostgreSQL schema of its own, so that none reaches into another's tables. */
  readonly schema: string;
  // TypeORM's own way to say "classes".
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type
  readonly entities: MixedList<Function>;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type
  readonly migrations: MixedList<Function>;
  /** Connections at most. Default 5. */
  readonly poolSize?: number;
}

/** Any number that no other program's advisory lock on this database is likely to use. */
const MIGRATION_LOCK = 7_274_337;

/** Opens the database and brings its schema up to date. Several processes may do so at the same time. */
export async function openDatabase(options: DatabaseOptions): Promise<DataSource> {
  const dataSource = new DataSource(dataSourceOptions(options));
  const client = new pg.Client({ connectionString: options.url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(`create schema if not exists ${pg.escapeIdentifier(options.schema)}`);
    await dataSource.initialize();
    await dataSource.runMigrations({ transaction: 'each' });
    return dataSource;
  } catch (error) {
    if (dataSource.isInitialized) await dataSource.destroy();
    throw error;
  } finally {
    await client.end();
  }
}

function dataSourceOptions(options: DatabaseOptions): DataSourceOptions {
  return {
    type: 'postgres',
    url: options.url,
    schema: options.schema,
    entities: options.entities,
    migrations: options.migrations,
    synchronize: false,
    logging: ['error'],
    logger: new QueryLogger(),
    extra: {
      max: options.poolSize ?? 5,
      // Unqualified names in our own SQL mean the service's tables.
      options: `-c search_path=${options.schema}`,
      connectionTimeoutMillis: 10_000,
    },
  };
}

/** TypeORM for one service: migrations at start, a health check, closed on shutdown. */
@Module({})
export class DatabaseModule {
  constructor(dataSource: DataSource, health: HealthRegistry) {
    health.add('database', async () => {
      await dataSource.query('select 1');
      return { ok: true };
    });
  }

  static forRoot(options: DatabaseOptions): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => dataSourceOptions(options),
          dataSourceFactory: () => openDatabase(options),
        }),
      ],
    };
  }
}
