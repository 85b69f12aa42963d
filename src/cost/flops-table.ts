/** flops.csv: exact FLOPs of prefill, decode and generation, and those of published conventions. */
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
import type { ModelConfig, NamedConfig } from "../model/config.ts";
import { type OperationRow, sumFlops, workOperations } from "./flops.ts";
import type { GenerationShape } from "./generation.ts";
import { minorFlops } from "./minor.ts";
import { chinchillaFlops, fvcoreFlops, kaplanFlops, nanoGptFlops, palmFlops } from "./published.ts";
import { generationWork, type PairCounting, passWork, type WorkCounts } from "./work.ts";

/** The work that a row prices. `context` counts the attended tokens, including the new one. */
export type PricedTask =
  | { readonly phase: "prefill"; readonly promptLength: number }
  | { readonly phase: "decode"; readonly context: number }
  | ({ readonly phase: "generate" } & Omit<GenerationShape, "head">);

const flops = (meaning: string) => bigInteger(`FLOPs of ${meaning}`);

/** Columns that state the work that a row prices. */
const workColumns = {
  phase: oneOf(["prefill", "decode", "generate"], "one pass, one token, or a whole generation"),
  mode: orBlank(oneOf(["naive", "cached"], "without or with a KV cache; blank for a prefill")),
  prompt_len: orBlank(integer("tokens of the prompt, P; blank for a decode")),
  gen_len: orBlank(integer("generated tokens, n; blank except for a generation")),
  n_or_c: integer("largest number of tokens that a pass of the row attends to"),
};

export const flopsTable = defineTable({
  file: "flops.csv",
  command: "npx causalgate bench",
  about:
    "The exact FLOPs of one pass, one decoded token or one generation: a multiply-add is 2. " +
    "Columns that start with minor_ and conv_ are not part of a total.",
  mayBeEmpty: true,
  columns: {
    schema_version: version,
    model: text("model name"),
    ...workColumns,
    linear_q: flops("q_proj"),
    linear_k: flops("k_proj"),
    linear_v: flops("v_proj"),
    linear_o: flops("o_proj"),
    mlp_gate: flops("gate_proj; 0 in a feed-forward of two matrices"),
    mlp_up: flops("up_proj"),
    mlp_down: flops("down_proj"),
    attn_qk_causal: flops("query times key, only pairs that the mask allows"),
    attn_av_causal: flops("probabilities times values, only pairs that the mask allows"),
    attn_qk_dense: flops("query times key, every pair"),
    attn_av_dense: flops("probabilities times values, every pair"),
    lm_head_last: flops("the output head at the last position of each pass"),
    lm_head_all: flops("the output head at every position"),
    minor_softmax: bigInteger("element-wise operations of the attention's softmax, 5 per score"),
    minor_norm: bigInteger("element-wise operations of the norms"),
    minor_rope: bigInteger("element-wise operations of RoPE, 6 per rotated pair"),
    minor_act: bigInteger("element-wise operations of the feed-forward activation"),
    total_exact_causal: flops("the linear_, mlp_, attn_*_causal and lm_head_last columns together"),
    total_dense: flops("the same with the attn_*_dense columns instead"),
    conv_palm_2n: flops("the same work as PaLM, appendix B, counts it: 2N + 4 L N H T per token"),
    conv_kaplan: flops("the same work as Kaplan et al., table 1, count it"),
    conv_chinchilla: flops("the same work as Chinchilla, appendix F, counts it"),
    conv_nanogpt: flops("the same work as nanoGPT counts it: dense attention, head everywhere"),
    conv_fvcore_fma1: flops("the same work as fvcore counts it: a multiply-add is 1"),
  },
});

export type FlopsRow = RowOf<typeof flopsTable>;

/** Returns one row of flops.csv. */
export function flopsRow({ name, config }: NamedConfig, task: PricedTask): FlopsRow {
  const causal = taskWork(config, task, "causal");
  const dense = taskWork(config, task, "dense");
  const exact = workOperations(config, causal);
  const executed = workOperations(config, dense);
  const everyRow = workOperations(config, { ...causal, headRows: causal.tokens });
  const minor = minorFlops(config, causal);
  return {
    schema_version: schemaVersion,
    model: name,
    ...taskCells(task),
    linear_q: flopsOf(exact, "q_proj"),
    linear_k: flopsOf(exact, "k_proj"),
    linear_v: flopsOf(exact, "v_proj"),
    linear_o: flopsOf(exact, "o_proj"),
    mlp_gate: flopsOf(exact, "gate_proj"),
    mlp_up: flopsOf(exact, "up_proj"),
    mlp_down: flopsOf(exact, "down_proj"),
    attn_qk_causal: flopsOf(exact, "scores"),
    attn_av_causal: flopsOf(exact, "mix"),
    attn_qk_dense: flopsOf(executed, "scores"),
    attn_av_dense: flopsOf(executed, "mix"),
    lm_head_last: flopsOf(exact, "lm_head"),
    lm_head_all: flopsOf(everyRow, "lm_head"),
    minor_softmax: minor.softmax,
    minor_norm: minor.norm,
    minor_rope: minor.rope,
    minor_act: minor.activation,
    total_exact_causal: sumFlops(exact),
    total_dense: sumFlops(executed),
    conv_palm_2n: palmFlops(config, dense),
    conv_kaplan: kaplanFlops(config, dense),
    conv_chinchilla: chinchillaFlops(config, dense),
    conv_nanogpt: nanoGptFlops(config, dense),
    conv_fvcore_fma1: fvcoreFlops(config, dense),
  };
}

function taskWork(config: ModelConfig, task: PricedTask, attention: PairCounting): WorkCounts {
  switch (task.phase) {
    case "prefill":
      return passWork(config, { newTokens: task.promptLength }, attention);
    case "decode":
      return passWork(config, { newTokens: 1, heldTokens: task.context - 1 }, attention);
    case "generate":
      return generationWork(config, task, attention);
  }
}

function taskCells(task: PricedTask): Pick<FlopsRow, keyof typeof workColumns> {
  switch (task.phase) {
    case "prefill":
      return {
        phase: task.phase,
        mode: null,
        prompt_len: task.promptLength,
        gen_len: null,
        n_or_c: task.promptLength,
      };
    case "decode":
      return {
        phase: task.phase,
        mode: "cached",
        prompt_len: null,
        gen_len: null,
        n_or_c: task.context,
      };
    case "generate":
      return {
        phase: task.phase,
        mode: task.mode,
        prompt_len: task.promptLength,
        gen_len: task.newTokens,
        n_or_c: task.promptLength + task.newTokens - 1,
      };
  }
}

/** A model without that operation (two-matrix feed-forward: no gate) spends nothing on it. */
function flopsOf(rows: readonly OperationRow[], operation: OperationRow["operation"]): bigint {
  return rows.find((row) => row.operation === operation)?.flops ?? 0n;
}
