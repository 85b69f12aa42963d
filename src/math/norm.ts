/**
 * `out = g x / sqrt(mean(x^2) + eps)`. `out` may be `x`.
 *
 * @param x one row, or one head of it: entries `start` to `start + weight.length`
 * @see Zhang and Sennrich 2019, "Root Mean Square Layer Normalization"
 */
export function rmsNorm(
  out: Float64Array,
  x: Float64Array,
  weight: Float64Array,
  eps: number,
  start = 0,
): void {
  const width = weight.length;
  let squares = 0;
  for (let i = 0; i < width; i++) squares += x[start + i] * x[start + i];
  const scale = 1 / Math.sqrt(squares / width + eps);
  for (let i = 0; i < width; i++) out[start + i] = x[start + i] * scale * weight[i];
}

/**
 * `out = g (x - mean) / sqrt(variance + eps) + b`, the variance over D numbers, not D - 1.
 *
 * @see Ba, Kiros and Hinton 2016, "Layer Normalization"
 */
export function layerNorm(
  out: Float64Array,
  x: Float64Array,
  weight: Float64Array,
  bias: Float64Array,
  eps: number,
): void {
  const D = weight.length;
  let sum = 0;
  for (let i = 0; i < D; i++) sum += x[i];
  const mean = sum / D;
  let squares = 0;
  for (let i = 0; i < D; i++) squares += (x[i] - mean) * (x[i] - mean);
  const scale = 1 / Math.sqrt(squares / D + eps);
  for (let i = 0; i < D; i++) out[i] = (x[i] - mean) * scale * weight[i] + bias[i];
}
