/** flops.csv: what a task costs, exactly, as executed, and by the published conventions. */
import type { ModelConfig } from "../model/config.ts";
import { type OperationRow, sumFlops, workOperations } from "./flops.ts";
import type { Generation } from "./generation.ts";
import { minorFlops } from "./minor.ts";
import { chinchillaFlops, fvcoreFlops, kaplanFlops, nanoGptFlops, palmFlops } from "./published.ts";
import { type NamedConfig, type Row, schemaVersion } from "./row.ts";
import { type Attention, generationWork, passWork, type Work } from "./work.ts";

/** What a row of flops.csv prices. `context` counts the tokens attended, the new one included. */
export type Task =
  | { readonly phase: "prefill"; readonly promptLength: number }
  | { readonly phase: "decode"; readonly context: number }
  | ({ readonly phase: "generate" } & Omit<Generation, "head">);

export const flopsColumns = [
  "schema_version",
  "model",
  "phase",
  "mode",
  "prompt_len",
  "gen_len",
  "n_or_c",
  "linear_q",
  "linear_k",
  "linear_v",
  "linear_o",
  "mlp_gate",
  "mlp_up",
  "mlp_down",
  "attn_qk_causal",
  "attn_av_causal",
  "attn_qk_dense",
  "attn_av_dense",
  "lm_head_last",
  "lm_head_all",
  "minor_softmax",
  "minor_norm",
  "minor_rope",
  "minor_act",
  "total_exact_causal",
  "total_dense",
  "total_counted_by_engine",
  "equal",
  "conv_palm_2n",
  "conv_kaplan",
  "conv_chinchilla",
  "conv_nanogpt",
  "conv_fvcore_fma1",
] as const;

/**
 * One row of flops.csv. Both totals take the head at the last position of each pass; each is the
 * sum of the linear and mlp columns, its two attention columns and `lm_head_last`.
 *
 * @param counted FLOPs that an instrumented engine counted for the same task, where one did; it is
 * compared with the exact causal total
 */
export function flopsRow(
  { name, config }: NamedConfig,
  task: Task,
  counted: bigint | null = null,
): Row<(typeof flopsColumns)[number]> {
  const causal = taskWork(config, task, "causal");
  const dense = taskWork(config, task, "dense");
  const exact = workOperations(config, causal);
  const executed = workOperations(config, dense);
  const everyRow = workOperations(config, { ...causal, headRows: causal.tokens });
  const minor = minorFlops(config, causal);
  const total = sumFlops(exact);
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
    total_exact_causal: total,
    total_dense: sumFlops(executed),
    total_counted_by_engine: counted,
    equal: counted === null ? null : counted === total,
    conv_palm_2n: palmFlops(config, dense),
    conv_kaplan: kaplanFlops(config, dense),
    conv_chinchilla: chinchillaFlops(config, dense),
    conv_nanogpt: nanoGptFlops(config, dense),
    conv_fvcore_fma1: fvcoreFlops(config, dense),
  };
}

function taskWork(config: ModelConfig, task: Task, attention: Attention): Work {
  switch (task.phase) {
    case "prefill":
      return passWork(config, { newTokens: task.promptLength }, attention);
    case "decode":
      return passWork(config, { newTokens: 1, heldTokens: task.context - 1 }, attention);
    case "generate":
      return generationWork(config, task, attention);
  }
}

/** `n_or_c` is the most tokens that any pass of the task sees. */
function taskCells(task: Task) {
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
