import { afterEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, removePostgresData, startEmbeddedPostgres } from './embedded-postgres.js';
import { othersCanEnter } from './run-as.js';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}

describe('startEmbeddedPostgres', () => {
  const started: EmbeddedPostgres[] = [];
  const directories: string[] = [];

  afterEach(async () => {
    for (const server of started.splice(0)) {
      await server.stop();
      rmSync(server.dataDir, { recursive: true, force: true });
    }
    for (const dir of directories.splice(0)) rmSync(dir, { recursive: true, force: true });
  });

  const tempDir = (mode: number) => {
    const dir = mkdtempSync(path.join(tmpdir(), 'ridestream-pg-'));
    chmodSync(dir, mode);
    directories.push(dir);
    return dir;
  };

  const start = async (dataDir: string) => {
    const server = await startEmbeddedPostgres({ dataDir, durable: false });
    started.push(server);
    return server;
  };

  it('keeps its data from one start to the next', async () => {
    const dataDir = path.join(tempDir(0o755), 'postgres');
    const first = await start(dataDir);
    await query(first.url, 'create table t as select 42 as answer');
    await first.stop();
    const second = await start(dataDir);
    expect(await query(second.url, 'select answer from t')).toEqual([{ answer: 42 }]);
  });

  it('works under a directory that other users cannot enter', async () => {
    const closed = tempDir(0o700);
    mkdirSync(path.join(closed, 'project'));
    expect(othersCanEnter(path.join(closed, 'project'))).toBe(false);
    const server = await start(path.join(closed, 'project', 'postgres'));
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('takes over from a server whose owner was killed', async () => {
    const dataDir = path.join(tempDir(0o755), 'postgres');
    const orphan = await start(dataDir);
    await query(orphan.url, 'create table t as select 7 as kept');
    const next = await start(dataDir);
    expect(await orphan.ended).toBe(0);
    expect(await query(next.url, 'select kept from t')).toEqual([{ kept: 7 }]);
  });

  it('heals after the server was killed', async () => {
    const dataDir = path.join(tempDir(0o755), 'postgres');
    const killed = await start(dataDir);
    process.kill(killed.pid, 'SIGKILL');
    await killed.ended;
    const next = await start(dataDir);
    expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('begins anew after its data was removed', async () => {
    const dataDir = path.join(tempDir(0o755), 'postgres');
    const first = await start(dataDir);
    await query(first.url, 'create table t as select 1 as one');
    await first.stop();
    await removePostgresData(dataDir);
    const second = await start(dataDir);
    await expect(query(second.url, 'select * from t')).rejects.toThrow(/does not exist/);
  });
});
