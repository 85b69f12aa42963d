/** What a model and its sequences occupy while they are prefilled and while they are decoded. */
import { count } from "./generation.ts";
import { kvBytes, kvBytesPerToken, peakActivationBytes, weightBytes } from "./memory.ts";
import { type NamedConfig, type Row, schemaVersion } from "./row.ts";

export const memoryColumns = [
  "schema_version",
  "model",
  "phase",
  "part",
  "dtype_bytes",
  "batch",
  "context",
  "bytes",
] as const;

/** B sequences of `context` tokens each, every number of them equally wide. */
export interface Held {
  readonly context: number;
  readonly batch: number;
  readonly bytesPerElement: number;
}

/**
 * The rows of one model: weights, cache and peak activations, which sum to `total` in each phase,
 * and what one more token adds to the cache. Prefill runs all tokens of the context at once, decode
 * the last of them.
 *
 * @throws {RangeError} when a count is not a positive integer
 */
export function memoryRows(
  { name, config }: NamedConfig,
  { context, batch, bytesPerElement }: Held,
): Row<(typeof memoryColumns)[number]>[] {
  const weights = weightBytes(config, bytesPerElement);
  const cache = count("memoryRows", "batch", batch, 1) * kvBytes(config, context, bytesPerElement);
  const row = (phase: string | null, part: string, bytes: bigint) => ({
    schema_version: schemaVersion,
    model: name,
    phase,
    part,
    dtype_bytes: bytesPerElement,
    batch,
    context,
    bytes,
  });
  const phaseRows = (phase: string, newTokens: number) => {
    const pass = { newTokens, heldTokens: context - newTokens, batch, bytesPerElement };
    const activations = peakActivationBytes(config, pass);
    return [
      row(phase, "weights", weights),
      row(phase, "kv_cache", cache),
      row(phase, "peak_activations", activations),
      row(phase, "total", weights + cache + activations),
    ];
  };
  return [
    ...phaseRows("prefill", context),
    ...phaseRows("decode", 1),
    row(null, "kv_cache_per_token", kvBytesPerToken(config, bytesPerElement)),
  ];
}
