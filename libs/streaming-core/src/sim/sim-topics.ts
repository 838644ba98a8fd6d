import { TopicError, type TopicCatalog } from '../broker/topic-catalog.js';
import type { SeededRandom } from '../ports/memory/seeded-random.js';
import { StorageError } from '../ports/storage.js';
import type { Partition } from '../replica/partition.js';
import { invariant, InvariantError, RecordModel, type FoundLog } from './record-model.js';
import { PlainProducer, type IsUp } from './sim-writers.js';

/** One topic of all those that have the same name one after the other: by partition. */
interface Generation {
  readonly models: readonly RecordModel[];
  readonly producers: readonly PlainProducer[];
}

/** What its clients know of a topic: that it is there, that it is not, or, after a request that failed, neither. */
interface SimTopic {
  presence: 'present' | 'absent' | 'unsure';
  /** Those that it may be. Just one that clients see at a time, the last. */
  generations: Generation[];
  /** How often it was tried. */
  deletions: number;
}

/**
 * Topics that come and go, some under the name of an earlier one. A topic whose creation was answered is there, one whose deletion was
 * answered is not, and none ever shows the records of a namesake.
 */
export class SimTopics {
  private readonly topics = new Map<string, SimTopic>();
  private created = 0;

  constructor(
    private readonly names: readonly string[],
    private readonly random: SeededRandom,
    private readonly configs: Readonly<Record<string, string>>,
  ) {
    for (const name of names) this.topics.set(name, { presence: 'absent', generations: [], deletions: 0 });
  }

  async act(catalog: TopicCatalog, isUp: IsUp): Promise<void> {
    const name = this.names[this.random.int(this.names.length)]!;
    const present = catalog.get(name);
    if (present === undefined) this.create(name, catalog, isUp);
    else if (this.random.next() < 0.25) this.delete(name, catalog, isUp);
    else {
      const topic = this.topics.get(name)!;
      const index = this.random.int(present.partitions.length);
      const { deletions } = topic;
      const isKept = await topic.generations.at(-1)!.producers[index]!.send(present.partitions[index]!, isUp);
      // Who is told so after a deletion that failed may count on the topic again.
      if (isKept && deletions === topic.deletions) topic.presence = 'present';
    }
  }

  /** After a start. `read`: what a partition shows. */
  async check(
    catalog: TopicCatalog,
    mayHaveLost: boolean,
    read: (partition: Partition) => Promise<FoundLog>,
  ): Promise<void> {
    for (const [name, topic] of this.topics) {
      const found = catalog.get(name);
      const { presence } = topic;
      invariant(presence !== 'present' || found !== undefined, () => `topic ${name} is lost`);
      invariant(presence !== 'absent' || found === undefined, () => `topic ${name} is back after its deletion`);
      topic.presence = found === undefined ? 'absent' : 'present';
      if (found === undefined) continue;
      const logs: FoundLog[] = [];
      for (const partition of found.partitions) logs.push(await read(partition!));
      topic.generations = [generationOf(name, topic.generations, logs, mayHaveLost)];
    }
  }

  private create(name: string, catalog: TopicCatalog, isUp: IsUp): void {
    const partitions = 1 + this.random.int(3);
    const generation = ++this.created;
    const models = Array.from({ length: partitions }, (_, i) => new RecordModel(`${name}.${generation}-${i}`, null));
    const producers = models.map((model) => new PlainProducer(model.name, model, this.random));
    const topic = this.topics.get(name)!;
    if (topic.presence === 'absent') topic.generations = [];
    topic.presence = 'unsure';
    topic.generations.push({ models, producers });
    if (!tries(() => catalog.create({ name, partitions, configs: this.configs })) || !isUp()) return;
    topic.presence = 'present';
    topic.generations = [{ models, producers }];
  }

  private delete(name: string, catalog: TopicCatalog, isUp: IsUp): void {
    const topic = this.topics.get(name)!;
    topic.presence = 'unsure';
    topic.deletions += 1;
    if (tries(() => catalog.delete(name)) && isUp()) topic.presence = 'absent';
  }
}

/** The one that is there. @throws InvariantError if it is none of those that it may be */
function generationOf(
  name: string,
  generations: readonly Generation[],
  logs: readonly FoundLog[],
  mayHaveLost: boolean,
): Generation {
  let broken: unknown = new InvariantError(`nobody created topic ${name} with ${logs.length} partitions`);
  for (const generation of generations) {
    if (generation.models.length !== logs.length) continue;
    try {
      for (const [index, model] of generation.models.entries()) {
        if (mayHaveLost) model.forgive(logs[index]!);
        model.check(logs[index]!);
      }
      return generation;
    } catch (error) {
      broken = error;
    }
  }
  throw broken;
}

function tries(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (error instanceof StorageError || error instanceof TopicError) return false;
    throw error;
  }
}
