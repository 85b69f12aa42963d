/** A matrix with strides: entry (i, j) is at `i * row + j * column`. */
export interface Strided {
  readonly data: Float64Array;
  readonly row: number;
  readonly column: number;
}

/** Returns a matrix of consecutive rows of `width` numbers. */
export function rowsOf(data: Float64Array, width: number): Strided {
  return { data, row: width, column: 1 };
}

/** Returns the transpose in the same memory. */
export function transposed({ data, row, column }: Strided): Strided {
  return { data, row: column, column: row };
}

/**
 * `out += a b` for `a` `[M, K]` and `b` `[K, N]`, each product summed over ascending k before it is
 * added. Blocks of 2 x 4 sums share their loads and remain in registers for all strides, so the
 * three products of a linear layer use one loop.
 *
 * @param out `[M, N]`, row-major, added to
 * @param sizes `[M, N, K]`
 */
export function multiplyAdd(
  out: Float64Array,
  a: Strided,
  b: Strided,
  [M, N, K]: readonly [number, number, number],
): void {
  const wholeM = M - (M % 2);
  const wholeN = N - (N % 4);
  for (let m = 0; m < wholeM; m += 2) {
    for (let n = 0; n < wholeN; n += 4) addBlock(out, m * N + n, N, a, m, b, n, K);
  }
  for (let m = 0; m < M; m++) {
    for (let n = m < wholeM ? wholeN : 0; n < N; n++) out[m * N + n] += product(a, m, b, n, K);
  }
}

/** Adds the products of rows m, m + 1 and columns n to n + 3. */
function addBlock(
  out: Float64Array,
  at: number,
  width: number,
  { data: A, row: nextRow, column: stepA }: Strided,
  m: number,
  { data: B, row: stepB, column: nextColumn }: Strided,
  n: number,
  K: number,
): void {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let i = m * nextRow;
  let j = n * nextColumn;
  for (let k = 0; k < K; k++, i += stepA, j += stepB) {
    const a0 = A[i];
    const a1 = A[i + nextRow];
    const b0 = B[j];
    const b1 = B[j + nextColumn];
    const b2 = B[j + 2 * nextColumn];
    const b3 = B[j + 3 * nextColumn];
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
  }
  out[at] += s00;
  out[at + 1] += s01;
  out[at + 2] += s02;
  out[at + 3] += s03;
  out[at + width] += s10;
  out[at + width + 1] += s11;
  out[at + width + 2] += s12;
  out[at + width + 3] += s13;
}

/** Returns row m of `a` times column n of `b`. */
function product(a: Strided, m: number, b: Strided, n: number, K: number): number {
  let sum = 0;
  let i = m * a.row;
  let j = n * b.column;
  for (let k = 0; k < K; k++, i += a.column, j += b.row) sum += a.data[i] * b.data[j];
  return sum;
}
