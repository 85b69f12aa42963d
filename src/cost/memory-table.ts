/** memory.csv: memory of a model and its sequences during prefill and during decode. */
import {
  bigInteger,
  defineTable,
  integer,
  oneOf,
  orBlank,
  type RowOf,
  schemaVersion,
  text,
  version,
} from "../io/table.ts";
import type { NamedConfig } from "../model/config.ts";
import { count } from "./generation.ts";
import { kvBytes, kvBytesPerToken, peakActivationBytes, weightBytes } from "./memory.ts";

const parts = ["weights", "kv_cache", "peak_activations", "total", "kv_cache_per_token"] as const;

export const memoryTable = defineTable({
  file: "memory.csv",
  command: "npx causalgate cost memory --model MODEL --format csv",
  about:
    "Bytes of weights, cache and peak activations, which sum to total in each phase, and the " +
    "bytes that one more token adds to the cache.",
  columns: {
    schema_version: version,
    model: text("model name"),
    phase: orBlank(
      oneOf(["prefill", "decode"], "all tokens of the context at once, or the last of them"),
    ),
    part: oneOf(parts, "content of the memory"),
    dtype_bytes: integer("bytes of one number"),
    batch: integer("sequences at once"),
    context: integer("tokens of each sequence"),
    bytes: bigInteger("size of the part"),
  },
});

export type MemoryRow = RowOf<typeof memoryTable>;

/** B sequences of `context` tokens each, with one size for every number. */
export interface HeldSequences {
  readonly context: number;
  readonly batch: number;
  readonly bytesPerElement: number;
}

/**
 * Returns the rows of one model.
 *
 * @throws {RangeError} if a count is not a positive integer
 */
export function memoryRows(
  { name, config }: NamedConfig,
  { context, batch, bytesPerElement }: HeldSequences,
): MemoryRow[] {
  const weights = weightBytes(config, bytesPerElement);
  const cache = count("memoryRows", "batch", batch, 1) * kvBytes(config, context, bytesPerElement);
  const row = (phase: MemoryRow["phase"], part: MemoryRow["part"], bytes: bigint): MemoryRow => ({
    schema_version: schemaVersion,
    ...{ model: name, phase, part, dtype_bytes: bytesPerElement, batch, context, bytes },
  });
  const phaseRows = (phase: MemoryRow["phase"], newTokens: number) => {
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
