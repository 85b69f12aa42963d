/** kv_memory.csv: the number of requests that fit on a tensor-parallel group, and its limit. */
import {
  bigInteger,
  defineTable,
  integer,
  number,
  oneOf,
  orBlank,
  type RowOf,
  schemaVersion,
  text,
  version,
} from "../io/table.ts";
import type { NamedConfig } from "../model/config.ts";
import { limitingTerms, maxBatch, type Serving } from "./batch.ts";

export const kvMemoryTable = defineTable({
  file: "kv_memory.csv",
  command: "npx causalgate cost batch --model MODEL --format csv",
  about:
    "The largest batch of a tensor-parallel group, every device of which holds a slice of each " +
    "request. Columns of a model that cannot be split over the group are blank.",
  columns: {
    schema_version: version,
    model: text("model name"),
    tp: integer("devices of the group (tensor parallelism)"),
    kv_heads: integer("key-value heads of the model"),
    kv_heads_rank: orBlank(integer("key-value heads on each device")),
    kv_replication: orBlank(integer("devices that hold the same key-value head")),
    kv_dtype_bytes: integer("bytes of one cached number"),
    weight_dtype_bytes: integer("bytes of one weight"),
    context_len: integer("tokens of every request, prompt and answer"),
    block_tokens: integer("tokens in one block of a paged cache"),
    device_bytes: integer("memory of one device in bytes"),
    util: number("usable share of a device, 0 to 1"),
    weights_bytes_rank: orBlank(bigInteger("bytes of weights on each device")),
    act_bytes_rank: integer("bytes of activations on each device"),
    overhead_bytes_rank: integer("bytes of the runtime on each device"),
    kv_bytes_token_rank: orBlank(bigInteger("cache bytes of one token on each device")),
    kv_budget_bytes: orBlank(bigInteger("bytes left for the cache on each device")),
    max_tokens: orBlank(bigInteger("tokens that the cache holds")),
    max_blocks: orBlank(bigInteger("blocks that the cache holds")),
    max_batch: orBlank(bigInteger("requests that fit at once on the whole group")),
    limiting_term: orBlank(oneOf(limitingTerms, "the reason why the batch is not larger")),
    status: text("ok, does not fit, or cannot split: with the reason"),
  },
});

export type KvMemoryRow = RowOf<typeof kvMemoryTable>;

/** Returns one row of kv_memory.csv. */
export function kvMemoryRow({ name, config }: NamedConfig, serving: Serving): KvMemoryRow {
  const { status, plan } = maxBatch(config, serving);
  return {
    schema_version: schemaVersion,
    model: name,
    tp: serving.tensorParallel ?? 1,
    kv_heads: config.numKeyValueHeads,
    kv_heads_rank: plan?.kvHeadsPerRank ?? null,
    kv_replication: plan?.kvReplication ?? null,
    kv_dtype_bytes: serving.kvBytesPerElement,
    weight_dtype_bytes: serving.weightBytesPerElement,
    context_len: serving.context,
    block_tokens: serving.blockTokens ?? 1,
    device_bytes: serving.deviceBytes,
    util: serving.utilization ?? 1,
    weights_bytes_rank: plan?.weightBytes ?? null,
    act_bytes_rank: serving.activationBytes ?? 0,
    overhead_bytes_rank: serving.overheadBytes ?? 0,
    kv_bytes_token_rank: plan?.kvBytesPerToken ?? null,
    kv_budget_bytes: plan?.kvBudget ?? null,
    max_tokens: plan?.maxTokens ?? null,
    max_blocks: plan?.maxBlocks ?? null,
    max_batch: plan?.maxBatch ?? null,
    limiting_term: plan?.limitingTerm ?? null,
    status,
  };
}
