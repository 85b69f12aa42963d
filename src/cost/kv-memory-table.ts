/** kv_memory.csv: how many requests fit on a tensor-parallel group, and what limits them. */
import { maxBatch, type Serving } from "./batch.ts";
import { type NamedConfig, type Row, schemaVersion } from "./row.ts";

export const kvMemoryColumns = [
  "schema_version",
  "model",
  "tp",
  "kv_heads",
  "kv_heads_rank",
  "kv_replication",
  "kv_dtype_bytes",
  "weight_dtype_bytes",
  "context_len",
  "block_tokens",
  "device_bytes",
  "util",
  "weights_bytes_rank",
  "act_bytes_rank",
  "overhead_bytes_rank",
  "kv_bytes_token_rank",
  "kv_budget_bytes",
  "max_tokens",
  "max_blocks",
  "max_batch",
  "limiting_term",
  "status",
] as const;

/**
 * One row of kv_memory.csv. `max_batch` is that of the whole group, every device of which holds a
 * slice of each request. A model that cannot be split so has a row too: its status says why.
 */
export function kvMemoryRow(
  { name, config }: NamedConfig,
  serving: Serving,
): Row<(typeof kvMemoryColumns)[number]> {
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
