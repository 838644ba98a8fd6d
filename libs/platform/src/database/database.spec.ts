import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../postgres/embedded-postgres.js';
import { openDatabase } from './database.module.js';

class CreateThings1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table thing (id int primary key)');
    await runner.query('insert into thing values (1)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table thing');
  }
}

describe('openDatabase', () => {
  let dir: string;
  let postgres: EmbeddedPostgres;

  beforeAll(async () => {
    dir = mkdtempSync(path.join(tmpdir(), 'ridestream-db-'));
    postgres = await startEmbeddedPostgres({ dataDir: dir, durable: false });
  });
  afterAll(async () => {
    await postgres.stop();
    rmSync(postgres.dataDir, { recursive: true, force: true });
    rmSync(dir, { recursive: true, force: true });
  });

  it('migrates once when several processes start together, each schema on its own', async () => {
    const open = (schema: string) =>
      openDatabase({ url: postgres.url, schema, entities: [], migrations: [CreateThings1700000000000] });
    const opened = await Promise.all([open('one'), open('one'), open('two')]);
    for (const database of opened) {
      expect(await database.query('select id from thing')).toEqual([{ id: 1 }]);
      await database.destroy();
    }
  });
});
