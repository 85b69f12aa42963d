/**
 * Reverse mode, by hand: every piece of the forward pass returns its output with the way back, and
 * the way back of a chain is that of its pieces from the last to the first.
 *
 * Letters: T tokens of one example; a piece maps `[T, in]` to `[T, out]`, row-major, float64. What
 * a reverse step is given, `dOut`, is dL/d(out); what it returns, `dX`, is dL/dx.
 */

/** A piece that has run. It keeps what its reverse needs, and nobody writes to its arrays. */
export interface Step {
  readonly out: Float64Array;
  /** `dX` from `dOut`; adds to the gradients of the piece's own weights on the way. */
  readonly reverse: (dOut: Float64Array) => Float64Array;
}

export type Piece = (x: Float64Array) => Step;

/** One piece after the other: `dX = reverse_1(... reverse_n(dOut))`. */
export function chain(...pieces: readonly Piece[]): Piece {
  return (x) => {
    let out = x;
    const steps = pieces.map((piece) => {
      const step = piece(out);
      out = step.out;
      return step;
    });
    return { out, reverse: (dOut) => steps.reduceRight((d, step) => step.reverse(d), dOut) };
  };
}

/** The residual connection, `x + f(x)`: `dX = dOut + f'(dOut)`. */
export function residual(branch: Piece): Piece {
  return (x) => {
    const { out, reverse } = branch(x);
    return { out: sum(x, out), reverse: (dOut) => sum(dOut, reverse(dOut)) };
  };
}

/** The sum of arrays of one length, entry by entry, from the first array on. */
export function sum(first: Float64Array, ...others: readonly Float64Array[]): Float64Array {
  const total = first.slice();
  for (const other of others) for (let i = 0; i < total.length; i++) total[i] += other[i];
  return total;
}

/** Adds to `total` every row of `rows`. */
export function addRows(total: Float64Array, rows: Float64Array): void {
  const width = total.length;
  for (let row = 0; row < rows.length; row += width) {
    for (let i = 0; i < width; i++) total[i] += rows[row + i];
  }
}
