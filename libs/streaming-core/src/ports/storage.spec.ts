import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryStorage } from './memory/memory-storage.js';
import { NodeStorage } from './node/node-storage.js';
import { StorageError, type Storage } from './storage.js';

const kinds: [string, () => { storage: Storage; directory: string; cleanUp: () => void }][] = [
  [
    'NodeStorage',
    () => {
      const directory = mkdtempSync(path.join(tmpdir(), 'storage-'));
      return {
        storage: new NodeStorage(),
        directory,
        cleanUp: () => rmSync(directory, { recursive: true, force: true }),
      };
    },
  ],
  [
    'MemoryStorage',
    () => {
      const storage = new MemoryStorage();
      storage.makeDirectory('/data');
      return { storage, directory: '/data', cleanUp: () => undefined };
    },
  ],
];

describe.each(kinds)('the storage contract: %s', (_name, create) => {
  let storage: Storage;
  let directory: string;
  let cleanUp: () => void;
  const at = (name: string) => path.join(directory, name);
  const text = (name: string) => storage.readFile(at(name))?.toString() ?? null;

  beforeEach(() => {
    ({ storage, directory, cleanUp } = create());
  });
  afterEach(() => cleanUp());

  it('appends chunks at the end and counts them', () => {
    const file = storage.open(at('a.log'));
    file.append([Buffer.from('one')]);
    file.append([Buffer.from('two'), Buffer.alloc(0), Buffer.from('three')]);
    expect(file.size()).toBe(11);
    expect(text('a.log')).toBe('onetwothree');
    file.close();
  });

  it('appends after what is there when a file is opened again', () => {
    const first = storage.open(at('a.log'));
    first.append([Buffer.from('one')]);
    first.close();
    const second = storage.open(at('a.log'));
    expect(second.size()).toBe(3);
    second.append([Buffer.from('two')]);
    second.close();
    expect(text('a.log')).toBe('onetwo');
  });

  it('appends more chunks than the system takes in one call', () => {
    const file = storage.open(at('a.log'));
    const chunks = Array.from({ length: 3000 }, (_, i) => Buffer.from(`${i},`));
    file.append(chunks);
    file.close();
    expect(text('a.log')).toBe(Buffer.concat(chunks).toString());
  });

  it('reads at a position, short only at the end', async () => {
    const file = storage.open(at('a.log'));
    file.append([Buffer.from('0123456789')]);
    const target = Buffer.alloc(4);
    expect(file.readSync(target, 3)).toBe(4);
    expect(target.toString()).toBe('3456');
    expect(file.readSync(target, 8)).toBe(2);
    expect(file.readSync(target, 10)).toBe(0);
    expect(await file.read(target, 5)).toBe(4);
    expect(target.toString()).toBe('5678');
    expect(await file.read(target, 9)).toBe(1);
    file.close();
  });

  it('cuts a file and appends from there', () => {
    const file = storage.open(at('a.log'));
    file.append([Buffer.from('0123456789')]);
    file.truncate(4);
    expect(file.size()).toBe(4);
    file.append([Buffer.from('x')]);
    file.close();
    expect(text('a.log')).toBe('0123x');
  });

  it('syncs', async () => {
    const file = storage.open(at('a.log'));
    file.append([Buffer.from('x')]);
    await file.sync();
    file.syncNow();
    file.close();
  });

  it('lets a call under way finish when the file is closed, and refuses new ones', async () => {
    const file = storage.open(at('a.log'));
    file.append([Buffer.from('0123')]);
    const target = Buffer.alloc(4);
    const reading = file.read(target, 0);
    file.close();
    expect(await reading).toBe(4);
    expect(() => file.append([Buffer.from('x')])).toThrow(StorageError);
    await expect(file.read(target, 0)).rejects.toThrow(StorageError);
    await expect(file.sync()).rejects.toThrow(StorageError);
  });

  it('replaces files in one step', () => {
    storage.writeFileAtomic(at('meta'), Buffer.from('old'));
    storage.writeFileAtomic(at('meta'), Buffer.from('new'));
    expect(text('meta')).toBe('new');
    expect(storage.list(directory)).toEqual(['meta']);
  });

  it('creates a file once', () => {
    expect(storage.createExclusive(at('lock'), Buffer.from('1'))).toBe(true);
    expect(storage.createExclusive(at('lock'), Buffer.from('2'))).toBe(false);
    expect(text('lock')).toBe('1');
  });

  it('makes, lists, renames and removes', () => {
    storage.makeDirectory(at('topics/rides-0'));
    storage.open(at('topics/rides-0/b')).close();
    storage.open(at('topics/rides-0/a')).close();
    expect(storage.list(at('topics/rides-0'))).toEqual(['a', 'b']);
    storage.rename(at('topics/rides-0/a'), at('topics/rides-0/c'));
    storage.rename(at('topics/rides-0'), at('topics/rides-1'));
    expect(storage.exists(at('topics/rides-0'))).toBe(false);
    expect(storage.list(at('topics/rides-1'))).toEqual(['b', 'c']);
    storage.syncDirectory(at('topics'));
    storage.remove(at('topics/rides-1/b'));
    storage.remove(at('topics/rides-1/b'));
    expect(storage.list(at('topics/rides-1'))).toEqual(['c']);
    storage.removeDirectory(at('topics'));
    storage.removeDirectory(at('topics'));
    expect(storage.list(directory)).toEqual([]);
  });

  it('answers null, empty or an error for what is missing', () => {
    expect(storage.readFile(at('none'))).toBeNull();
    expect(storage.list(at('none'))).toEqual([]);
    expect(storage.exists(at('none'))).toBe(false);
    expect(() => storage.open(at('none/file'))).toThrow(StorageError);
    expect(() => storage.rename(at('none'), at('other'))).toThrow(StorageError);
    expect(() => storage.writeFileAtomic(at('none/file'), Buffer.alloc(1))).toThrow(StorageError);
  });
});
