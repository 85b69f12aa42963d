/**
 * Llama 3's scaling of RoPE. GGUF has only its result: the divisor of each frequency, in the tensor
 * `rope_freqs.weight`, `[R / 2]`. Files of this project add the parameters as a note.
 */

import { parseJsonObject } from "../io/json.ts";
import { ropeFrequencies } from "../math/positions.ts";
import { type ModelConfig, modelConfig, type RopeScaling } from "../model/config.ts";

export const ROPE_FREQS = "rope_freqs.weight";
export const SCALING_NOTE = "causalgate.rope_scaling";

/** The constants of Llama 3.1, 3.2 and 3.3, which differ only in the factor. */
const llama3 = {
  ropeType: "llama3",
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalMaxPositionEmbeddings: 8192,
};

/** Tolerance of a stored factor: other programs compute it in float32. */
const TOLERANCE = 1e-4;

/** Returns the divisor of each frequency, rounded to float32, `[R / 2]`. */
export function ropeFactors(config: ModelConfig): Float64Array {
  const plain = ropeFrequencies({ ...config, ropeScaling: null });
  const scaled = ropeFrequencies(config);
  return plain.map((frequency, i) => Math.fround(frequency / scaled[i]));
}

/**
 * Returns the configuration with the scaling of these factors: that of the note, or Llama 3's.
 *
 * @param note the value of {@link SCALING_NOTE}, or undefined
 * @throws {RangeError} if the scaling gives other factors
 */
export function withRopeScaling(
  config: ModelConfig,
  factors: Float64Array,
  note: unknown,
): ModelConfig {
  const ropeScaling =
    note === undefined
      ? { ...llama3, factor: factors.reduce((a, b) => Math.max(a, b)) }
      : parseJsonObject(new DataView(new TextEncoder().encode(String(note)).buffer), SCALING_NOTE);
  const scaled = modelConfig({ ...config, ropeScaling: ropeScaling as unknown as RopeScaling });
  const expected = ropeFactors(scaled);
  const close = (factor: number, i: number) => Math.abs(factor / expected[i] - 1) <= TOLERANCE;
  if (factors.length === expected.length && factors.every(close)) return scaled;
  throw new RangeError(`${ROPE_FREQS} must be that of ${JSON.stringify(ropeScaling)}, got another`);
}
