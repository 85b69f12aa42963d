import type { Logits } from "../math/logits.ts";

/**
 * Returns `logits / T`: below 1 sharpens the distribution, above 1 flattens it; the order of logits
 * is unchanged. The limit T = 0 is greedy and has no scale: use `sampleToken`.
 *
 * If T is so small that the largest quotient overflows, it returns `(logits - max) / T`, which has
 * the same distribution: 0 for the largest logit, a large negative number or -Infinity for others.
 *
 * @throws {RangeError} if the temperature is not a positive number
 */
export function temperatureScale(logits: Logits, temperature: number): Float64Array {
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `temperatureScale: the temperature must be a positive number, got ${temperature}`,
    );
  }
  const scaled = Float64Array.from(logits, (logit) => logit / temperature);
  const largest = largestOf(logits);
  if (!Number.isFinite(largest) || Number.isFinite(largestOf(scaled))) return scaled;
  return scaled.map((_, id) => (logits[id] - largest) / temperature);
}

function largestOf(row: Logits): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const logit of row) if (!(logit <= largest)) largest = logit;
  return largest;
}
