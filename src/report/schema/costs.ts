/** The tables of `causalgate cost` and `causalgate summary`, as `--format csv` prints them. */
import { flopsColumns } from "../../cost/flops-table.ts";
import { intensityColumns } from "../../cost/intensity-table.ts";
import { kvMemoryColumns } from "../../cost/kv-memory-table.ts";
import { memoryColumns } from "../../cost/memory-table.ts";
import { paramsColumns } from "../../cost/params-table.ts";
import { rooflineColumns } from "../../cost/roofline-table.ts";
import { boolean, count, each, integer, number, oneOf, orBlank, text } from "./cell-types.ts";
import { schema, version } from "./schema.ts";

const passPhase = oneOf("prefill", "decode");
const level = oneOf("step", "op", "attention");
const bound = oneOf("memory", "compute");

const ofBench = schema("flops.csv", "npx causalgate bench", flopsColumns, {
  ...version,
  model: text,
  phase: oneOf("prefill", "decode", "generate"),
  mode: orBlank(oneOf("naive", "cached")),
  ...each(orBlank(integer), "prompt_len", "gen_len"),
  n_or_c: integer,
  ...each(count, "linear_q", "linear_k", "linear_v", "linear_o"),
  ...each(count, "mlp_gate", "mlp_up", "mlp_down"),
  ...each(count, "attn_qk_causal", "attn_av_causal", "attn_qk_dense", "attn_av_dense"),
  ...each(count, "lm_head_last", "lm_head_all"),
  ...each(count, "minor_softmax", "minor_norm", "minor_rope", "minor_act"),
  ...each(count, "total_exact_causal", "total_dense"),
  total_counted_by_engine: orBlank(count),
  equal: orBlank(boolean),
  ...each(count, "conv_palm_2n", "conv_kaplan", "conv_chinchilla", "conv_nanogpt"),
  conv_fvcore_fma1: count,
});

/** Without rows where a bench timed no model. */
export const flops: typeof ofBench = { ...ofBench, mayBeEmpty: true };

const cost = (table: string) => `npx causalgate cost ${table} --model MODEL --format csv`;

export const params = schema("params.csv", cost("parameters"), paramsColumns, {
  ...version,
  ...each(text, "model", "component", "source"),
  ...each(orBlank(text), "shape", "tied_to"),
  ...each(count, "count", "bytes_fp32", "bytes_fp16"),
});

export const memory = schema("memory.csv", cost("memory"), memoryColumns, {
  ...version,
  model: text,
  phase: orBlank(passPhase),
  part: oneOf("weights", "kv_cache", "peak_activations", "total", "kv_cache_per_token"),
  ...each(integer, "dtype_bytes", "batch", "context"),
  bytes: count,
});

export const kvMemory = schema("kv_memory.csv", cost("batch"), kvMemoryColumns, {
  ...version,
  ...each(text, "model", "status"),
  ...each(integer, "tp", "kv_heads", "kv_dtype_bytes", "weight_dtype_bytes", "context_len"),
  ...each(integer, "block_tokens", "device_bytes", "act_bytes_rank", "overhead_bytes_rank"),
  util: number,
  ...each(orBlank(integer), "kv_heads_rank", "kv_replication"),
  ...each(orBlank(count), "weights_bytes_rank", "kv_bytes_token_rank", "kv_budget_bytes"),
  ...each(orBlank(count), "max_tokens", "max_blocks", "max_batch"),
  limiting_term: orBlank(text),
});

/** What intensity.csv and roofline.csv both say of a step. */
const step = {
  ...version,
  model: text,
  phase: passPhase,
  level,
  op: orBlank(text),
  ...each(integer, "batch", "context"),
  ...each(count, "flops", "bytes_weights", "bytes_kv", "bytes_act"),
  ai: orBlank(number),
};

export const intensity = schema("intensity.csv", "npx causalgate demo", intensityColumns, {
  ...step,
  fusion: oneOf("unfused", "streamed", "fused"),
});

export const roofline = schema("roofline.csv", "npx causalgate bench", rooflineColumns, {
  ...step,
  device: text,
  roof_source: oneOf("measured", "datasheet"),
  ...each(number, "peak_flops", "bw_bytes_s", "ridge"),
  ...each(orBlank(number), "peak_ci_lo", "peak_ci_hi", "bw_ci_lo", "bw_ci_hi"),
  ...each(orBlank(number), "attainable_flops", "achieved_flops"),
  ...each(orBlank(number), "achieved_ci_lo", "achieved_ci_hi"),
  bound: orBlank(bound),
  status: oneOf("ok", "no_traffic"),
});
