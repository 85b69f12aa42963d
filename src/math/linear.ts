/**
 * `out = W x + b`. Each output is summed from input 0 upwards in one accumulator, so that a row
 * does not depend on how many rows are computed with it. Four rows at a time share the loads of
 * `x`.
 *
 * @param out `[O]`, written
 * @param weight `[O, I]`, row-major
 * @param bias `[O]` or null, added last
 * @param x `[I]`
 */
export function linear(
  out: Float64Array,
  weight: Float64Array,
  bias: Float64Array | null,
  x: Float64Array,
): void {
  const O = out.length;
  const I = x.length;
  if (weight.length !== O * I) {
    throw new RangeError(`linear: the weight must be [${O}, ${I}], got ${weight.length} numbers`);
  }
  let o = 0;
  for (; o + 3 < O; o += 4) {
    const row0 = o * I;
    const row1 = row0 + I;
    const row2 = row1 + I;
    const row3 = row2 + I;
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let i = 0; i < I; i++) {
      const v = x[i];
      sum0 += weight[row0 + i] * v;
      sum1 += weight[row1 + i] * v;
      sum2 += weight[row2 + i] * v;
      sum3 += weight[row3 + i] * v;
    }
    out[o] = sum0;
    out[o + 1] = sum1;
    out[o + 2] = sum2;
    out[o + 3] = sum3;
  }
  for (; o < O; o++) {
    const row = o * I;
    let sum = 0;
    for (let i = 0; i < I; i++) sum += weight[row + i] * x[i];
    out[o] = sum;
  }
  if (bias !== null) for (let i = 0; i < O; i++) out[i] += bias[i];
}

/**
 * `out += scale B (A x)`, one rank after the other: row k of A gives one number, which is
 * multiplied by column k of B. A column of zeros leaves `out` unchanged, bit for bit.
 *
 * @param out `[O]`, added to
 * @param a A, `[r, I]`, row-major
 * @param b B, `[O, r]`, row-major
 * @param x `[I]`
 */
export function addLowRank(
  out: Float64Array,
  a: Float64Array,
  b: Float64Array,
  scale: number,
  x: Float64Array,
): void {
  const I = x.length;
  const rank = a.length / I;
  for (let k = 0; k < rank; k++) {
    let sum = 0;
    for (let i = 0; i < I; i++) sum += a[k * I + i] * x[i];
    const share = scale * sum;
    for (let o = 0; o < out.length; o++) out[o] += b[o * rank + k] * share;
  }
}
