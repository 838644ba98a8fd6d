import type { TopicsView } from '../groups/consumer/types.js';
import type { AclAuthorizer } from '../security/acl-authorizer.js';
import type { TopicCatalog } from './topic-catalog.js';

/** The catalog's topics, as group coordinators see them. */
export class GroupTopics implements TopicsView {
  constructor(
    private readonly topics: TopicCatalog,
    private readonly authorizer: Pick<AclAuthorizer, 'version'> | null,
  ) {}

  get version(): number {
    return this.topics.version + (this.authorizer?.version ?? 0);
  }

  get(name: string): { readonly id: string; readonly partitions: number } | undefined {
    const topic = this.topics.get(name);
    return topic && { id: topic.id, partitions: topic.partitions.length };
  }

  nameOf(id: string): string | undefined {
    return this.topics.byId(id)?.name;
  }

  *names(): Iterable<string> {
    for (const { name } of this.topics.all()) yield name;
  }
}
