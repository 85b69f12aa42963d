import type { Logits } from "../math/logits.ts";

/**
 * Returns `logits / T`: below 1 sharpens the distribution, above 1 flattens it; the order of logits
 * is unchanged. The limit T = 0 is greedy and has no scale: use `sampleToken`.
 *
 * @throws {RangeError} if the temperature is not a positive number
 */
export function temperatureScale(logits: Logits, temperature: number): Float64Array {
  if (!(temperature > 0 && temperature < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `temperatureScale: the temperature must be a positive number, got ${temperature}`,
    );
  }
  return Float64Array.from(logits, (logit) => logit / temperature);
}
