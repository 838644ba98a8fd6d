/** Directed edges between nodes 0 to `nodeCount - 1`: edge i leads from `from[i]` to `to[i]`. */
export interface EdgeList {
  readonly nodeCount: number;
  readonly from: ArrayLike<number>;
  readonly to: ArrayLike<number>;
}

/** Edge numbers grouped by one of their ends: those of node n are `edges[first[n]]` up to but not `edges[first[n + 1]]`. */
export interface Adjacency {
  readonly first: Uint32Array;
  readonly edges: Uint32Array;
}

/** Groups edges by an end (counting sort; edges of one node keep their order). */
export function groupEdges(nodeCount: number, endOf: ArrayLike<number>): Adjacency {
  const first = new Uint32Array(nodeCount + 1);
  for (let e = 0; e < endOf.length; e++) first[endOf[e]! + 1]!++;
  for (let n = 0; n < nodeCount; n++) first[n + 1]! += first[n]!;
  const next = first.slice();
  const edges = new Uint32Array(endOf.length);
  for (let e = 0; e < endOf.length; e++) edges[next[endOf[e]!]!++] = e;
  return { first, edges };
}

/**
 * The largest set of nodes in which each can be reached from each other (Kosaraju-Sharir, without recursion). Of equally large
 * ones, the one with the lowest node. Returns one flag per node.
 */
export function largestStrongComponent({ nodeCount, from, to }: EdgeList): Uint8Array {
  const order = finishOrder(nodeCount, groupEdges(nodeCount, from), to);
  const incoming = groupEdges(nodeCount, to);
  const component = new Int32Array(nodeCount).fill(-1);
  const sizes: number[] = [];
  const stack: number[] = [];
  for (let i = order.length - 1; i >= 0; i--) {
    const root = order[i]!;
    if (component[root] !== -1) continue;
    const id = sizes.length;
    let size = 0;
    component[root] = id;
    stack.push(root);
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      size++;
      for (let k = incoming.first[node]!; k < incoming.first[node + 1]!; k++) {
        const source = from[incoming.edges[k]!]!;
        if (component[source] !== -1) continue;
        component[source] = id;
        stack.push(source);
      }
    }
    sizes.push(size);
  }
  const largest = sizes.reduce((max, size) => Math.max(max, size), 0);
  const best = component.find((id) => sizes[id] === largest);
  return Uint8Array.from(component, (id) => (id === best ? 1 : 0));
}

/** Nodes in the order in which a depth-first search leaves them. */
function finishOrder(nodeCount: number, outgoing: Adjacency, to: ArrayLike<number>): Uint32Array {
  const order = new Uint32Array(nodeCount);
  const next = outgoing.first.slice();
  const seen = new Uint8Array(nodeCount);
  const path: number[] = [];
  let finished = 0;
  for (let start = 0; start < nodeCount; start++) {
    if (seen[start] === 1) continue;
    seen[start] = 1;
    path.push(start);
    while (path.length > 0) {
      const node = path[path.length - 1]!;
      if (next[node]! < outgoing.first[node + 1]!) {
        const target = to[outgoing.edges[next[node]!++]!]!;
        if (seen[target] === 0) {
          seen[target] = 1;
          path.push(target);
        }
      } else {
        order[finished++] = node;
        path.pop();
      }
    }
  }
  return order;
}
