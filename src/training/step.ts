/**
 * Reverse-mode differentiation: every piece of the forward pass returns its output and a reverse
 * function, and the reverse of a chain calls those of its pieces from the last to the first.
 *
 * Letters: T tokens of one example; a piece maps `[T, in]` to `[T, out]`, row-major, float64. The
 * argument of a reverse function, `dOut`, is dL/d(out); its result, `dX`, is dL/dx.
 */

/** The result of running a piece, with the values that its reverse needs. */
export interface PieceResult {
  readonly out: Float64Array;
  /** Returns `dX` for `dOut`, and adds to the gradients of the piece's weights. */
  readonly reverse: (dOut: Float64Array) => Float64Array;
}

export type Piece = (x: Float64Array) => PieceResult;

/** Runs one piece after the other: `dX = reverse_1(... reverse_n(dOut))`. */
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

/** Returns the sum of arrays of one length, entry by entry, in their order. */
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
