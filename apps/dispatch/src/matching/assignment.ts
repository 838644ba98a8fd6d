/**
 * Minimum-cost assignment of rows (rides) to columns (drivers), sparse and rectangular.
 *
 * Successive shortest augmenting paths with dual prices: R. Jonker, A. Volgenant, "A shortest augmenting path algorithm for
 * dense and sparse linear assignment problems", Computing 38 (1987); the rectangular form after D. F. Crouse, "On
 * implementing 2D rectangular assignment algorithms", IEEE Trans. Aerospace and Electronic Systems 52 (2016). Each row also
 * owns a private column, "stay unassigned", so every instance is feasible and a forbidden pair is one that is not listed.
 *
 * Invariants between rows: `cost - rowPrice - columnPrice >= 0` for every pair, `= 0` for assigned ones, and the price of a
 * free column is 0. They make the result optimal over the rows done so far.
 */
import { IndexedMinHeap } from './min-heap.js';

/** Pairs in compressed rows: those of row `r` are at `rowStart[r]` up to but not `rowStart[r + 1]`. */
export interface SparseCosts {
  readonly rowCount: number;
  readonly columnCount: number;
  /** `rowCount + 1` entries. */
  readonly rowStart: Int32Array;
  /** Column of each pair. A pair that is missing is forbidden. */
  readonly column: Int32Array;
  /** Finite cost of each pair. */
  readonly cost: Float64Array;
  /** Finite cost of leaving each row unassigned. */
  readonly unassignedCost: Float64Array;
}

export interface Assignment {
  /** Column of each row, or -1. */
  readonly columnOf: Int32Array;
  /** Sum over all rows, unassigned ones included. */
  readonly totalCost: number;
}

/** @throws RangeError when the arrays do not fit together or a cost is not finite */
export function solveAssignment(costs: SparseCosts): Assignment {
  check(costs);
  return new Solver(costs).solve();
}

/** Compresses a dense matrix; `Infinity` marks a forbidden pair. */
export function sparseFromDense(
  matrix: readonly (readonly number[])[],
  unassignedCost: readonly number[],
): SparseCosts {
  const columnCount = matrix[0]?.length ?? 0;
  const rowStart = new Int32Array(matrix.length + 1);
  const column: number[] = [];
  const cost: number[] = [];
  matrix.forEach((row, r) => {
    row.forEach((value, c) => {
      if (value === Infinity) return;
      column.push(c);
      cost.push(value);
    });
    rowStart[r + 1] = column.length;
  });
  return {
    rowCount: matrix.length,
    columnCount,
    rowStart,
    column: Int32Array.from(column),
    cost: Float64Array.from(cost),
    unassignedCost: Float64Array.from(unassignedCost),
  };
}

function check({ rowCount, columnCount, rowStart, column, cost, unassignedCost }: SparseCosts): void {
  if (rowStart.length !== rowCount + 1 || rowStart[0] !== 0 || rowStart[rowCount] !== column.length) {
    throw new RangeError('rowStart does not span the pairs');
  }
  if (cost.length !== column.length || unassignedCost.length !== rowCount) {
    throw new RangeError('costs do not match the pairs and rows');
  }
  for (let r = 0; r < rowCount; r++) {
    if (rowStart[r + 1]! < rowStart[r]!) throw new RangeError(`row ${r} ends before it starts`);
    if (!Number.isFinite(unassignedCost[r])) throw new RangeError(`row ${r}: unassigned cost is not finite`);
  }
  for (let p = 0; p < column.length; p++) {
    if (column[p]! < 0 || column[p]! >= columnCount) throw new RangeError(`pair ${p}: no column ${column[p]!}`);
    if (!Number.isFinite(cost[p])) throw new RangeError(`pair ${p}: cost is not finite`);
  }
}

/** In `columnOf` while solving: not yet placed. -1 is "stays unassigned". */
const PENDING = -2;

class Solver {
  private readonly rowPrice: Float64Array;
  private readonly columnPrice: Float64Array;
  private readonly columnOf: Int32Array;
  private readonly rowOf: Int32Array;
  /** Of a search: the row that each column was reached from, and the columns scanned, with their distance. */
  private readonly cameFrom: Int32Array;
  private readonly scanned: Int32Array;
  private readonly scannedAt: Float64Array;
  private readonly isScanned: Uint8Array;
  private readonly heap: IndexedMinHeap;

  constructor(private readonly costs: SparseCosts) {
    const { rowCount, columnCount } = costs;
    this.rowPrice = new Float64Array(rowCount);
    this.columnPrice = new Float64Array(columnCount);
    this.columnOf = new Int32Array(rowCount).fill(PENDING);
    this.rowOf = new Int32Array(columnCount).fill(-1);
    this.cameFrom = new Int32Array(columnCount);
    this.scanned = new Int32Array(columnCount);
    this.scannedAt = new Float64Array(columnCount);
    this.isScanned = new Uint8Array(columnCount);
    this.heap = new IndexedMinHeap(columnCount);
  }

  solve(): Assignment {
    this.placeGreedily();
    for (let r = 0; r < this.costs.rowCount; r++) {
      if (this.columnOf[r] === PENDING) this.augment(r);
    }
    return { columnOf: this.columnOf, totalCost: this.totalCost() };
  }

  /** Each row takes its cheapest choice if that is free. All columns are still priced 0, so the invariants hold. */
  private placeGreedily(): void {
    const { rowCount, rowStart, column, cost, unassignedCost } = this.costs;
    for (let r = 0; r < rowCount; r++) {
      let best = -1;
      let bestCost = unassignedCost[r]!;
      for (let p = rowStart[r]!; p < rowStart[r + 1]!; p++) {
        const better = cost[p]! < bestCost || (cost[p]! === bestCost && best >= 0 && this.rowOf[best]! >= 0);
        if (!better) continue;
        best = column[p]!;
        bestCost = cost[p]!;
      }
      this.rowPrice[r] = bestCost;
      if (best === -1) this.columnOf[r] = -1;
      else if (this.rowOf[best] === -1) this.match(r, best);
    }
  }

  /** Dijkstra over reduced costs from a row to the nearest free column, then flips the path and adjusts the prices. */
  private augment(startRow: number): void {
    const { rowStart, column, cost, unassignedCost } = this.costs;
    let scannedCount = 0;
    let row = startRow;
    let distance = 0;
    // The best "stay unassigned" seen: which row would give up its column, and at what distance.
    let quitter = -1;
    let quitDistance = Infinity;
    let freeColumn = -1;
    for (;;) {
      const price = this.rowPrice[row]!;
      const quit = distance + unassignedCost[row]! - price;
      if (quit < quitDistance) {
        quitDistance = quit;
        quitter = row;
      }
      for (let p = rowStart[row]!; p < rowStart[row + 1]!; p++) {
        const c = column[p]!;
        if (this.isScanned[c] === 1) continue;
        const reached = distance + cost[p]! - price - this.columnPrice[c]!;
        if (reached < quitDistance) this.reach(c, reached, row);
      }
      const c = this.heap.pop();
      if (c === -1 || this.heap.keyOf(c) >= quitDistance) break;
      distance = this.heap.keyOf(c);
      if (this.rowOf[c] === -1) {
        freeColumn = c;
        break;
      }
      this.isScanned[c] = 1;
      this.scanned[scannedCount] = c;
      this.scannedAt[scannedCount++] = distance;
      row = this.rowOf[c]!;
    }
    this.heap.clear();
    this.adjustPrices(startRow, scannedCount, freeColumn === -1 ? quitDistance : distance);
    if (freeColumn === -1) this.flipFromQuitter(startRow, quitter);
    else this.flipFromColumn(startRow, freeColumn);
  }

  private reach(column: number, distance: number, row: number): void {
    if (this.heap.has(column) && this.heap.keyOf(column) <= distance) return;
    this.heap.push(column, distance);
    this.cameFrom[column] = row;
  }

  private adjustPrices(startRow: number, scannedCount: number, pathLength: number): void {
    this.rowPrice[startRow]! += pathLength;
    for (let i = 0; i < scannedCount; i++) {
      const c = this.scanned[i]!;
      const slack = pathLength - this.scannedAt[i]!;
      this.columnPrice[c]! -= slack;
      this.rowPrice[this.rowOf[c]!]! += slack;
      this.isScanned[c] = 0;
    }
  }

  private flipFromQuitter(startRow: number, quitter: number): void {
    const freed = this.columnOf[quitter]!;
    this.columnOf[quitter] = -1;
    if (quitter !== startRow) this.flipFromColumn(startRow, freed);
  }

  private flipFromColumn(startRow: number, column: number): void {
    let c = column;
    for (;;) {
      const row = this.cameFrom[c]!;
      const previous = this.columnOf[row]!;
      this.match(row, c);
      if (row === startRow) return;
      c = previous;
    }
  }

  private match(row: number, column: number): void {
    this.columnOf[row] = column;
    this.rowOf[column] = row;
  }

  private totalCost(): number {
    const { rowCount, rowStart, column, cost, unassignedCost } = this.costs;
    let total = 0;
    for (let r = 0; r < rowCount; r++) {
      const chosen = this.columnOf[r]!;
      if (chosen === -1) {
        total += unassignedCost[r]!;
        continue;
      }
      let cheapest = Infinity;
      for (let p = rowStart[r]!; p < rowStart[r + 1]!; p++) {
        if (column[p] === chosen && cost[p]! < cheapest) cheapest = cost[p]!;
      }
      total += cheapest;
    }
    return total;
  }
}
