import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { solveAssignment, sparseFromDense, type SparseCosts } from './assignment.js';

/** Tries every choice of every row. */
function bruteForce(matrix: readonly (readonly number[])[], unassigned: readonly number[]): number {
  const taken = new Set<number>();
  const best = (row: number): number => {
    if (row === matrix.length) return 0;
    let least = unassigned[row]! + best(row + 1);
    matrix[row]!.forEach((cost, column) => {
      if (cost === Infinity || taken.has(column)) return;
      taken.add(column);
      least = Math.min(least, cost + best(row + 1));
      taken.delete(column);
    });
    return least;
  };
  return best(0);
}

function costOf(costs: SparseCosts, columnOf: Int32Array): number {
  let total = 0;
  columnOf.forEach((column, row) => {
    if (column === -1) {
      total += costs.unassignedCost[row]!;
      return;
    }
    const pairs = [...costs.column.subarray(costs.rowStart[row], costs.rowStart[row + 1])];
    const at = pairs.indexOf(column);
    if (at === -1) throw new Error(`row ${row} got the forbidden column ${column}`);
    total += costs.cost[costs.rowStart[row]! + at]!;
  });
  return total;
}

const instance = fc
  .record({ rows: fc.integer({ min: 0, max: 6 }), columns: fc.integer({ min: 0, max: 7 }) })
  .chain(({ rows, columns }) =>
    fc.record({
      matrix: fc.array(
        fc.array(fc.oneof(fc.integer({ min: -20, max: 60 }), fc.constant(Infinity)), {
          minLength: columns,
          maxLength: columns,
        }),
        { minLength: rows, maxLength: rows },
      ),
      unassigned: fc.array(fc.integer({ min: -10, max: 90 }), { minLength: rows, maxLength: rows }),
    }),
  );

describe('solveAssignment', () => {
  it('is as cheap as the best of all choices, with forbidden pairs and any shape', () => {
    fc.assert(
      fc.property(instance, ({ matrix, unassigned }) => {
        const costs = sparseFromDense(matrix, unassigned);
        const { columnOf, totalCost } = solveAssignment(costs);
        const used = [...columnOf].filter((column) => column >= 0);
        expect(new Set(used).size).toBe(used.length);
        expect(costOf(costs, columnOf)).toBe(totalCost);
        expect(totalCost).toBe(bruteForce(matrix, unassigned));
      }),
      { numRuns: 1500 },
    );
  });

  it('reroutes an earlier row when that makes the whole cheaper', () => {
    const costs = sparseFromDense(
      [
        [1, 2],
        [1, 100],
      ],
      [1000, 1000],
    );
    expect([...solveAssignment(costs).columnOf]).toEqual([1, 0]);
  });

  it('leaves the row unassigned that is cheapest to leave', () => {
    const costs = sparseFromDense([[5], [5], [5]], [100, 300, 200]);
    expect([...solveAssignment(costs).columnOf]).toEqual([-1, 0, -1]);
  });

  it('refuses costs that are not finite and arrays that do not fit', () => {
    const costs = sparseFromDense([[1, 2]], [10]);
    expect(() => solveAssignment({ ...costs, cost: Float64Array.of(1, NaN) })).toThrow(RangeError);
    expect(() => solveAssignment({ ...costs, column: Int32Array.of(0, 2) })).toThrow(/no column 2/);
    expect(() => solveAssignment({ ...costs, rowStart: Int32Array.of(0, 1) })).toThrow(RangeError);
    expect(() => solveAssignment({ ...costs, unassignedCost: Float64Array.of(Infinity) })).toThrow(RangeError);
  });
});
