import { type flopsColumns, flopsRow, type Row } from "../cost/tables.ts";
import { type Configs, figures, isFirstToken } from "./figures.ts";
import type { Sample } from "./sample.ts";
import { generationOf } from "./task-cost.ts";

/** The rows of flops.csv for all that was timed, and would have been: each price once. */
export function benchFlopsRows(
  samples: readonly Sample[],
  configs: Configs,
): Row<(typeof flopsColumns)[number]>[] {
  const rows = figures(samples).flatMap((figure) => {
    const config = configs.get(figure.model) ?? null;
    if (config === null || figure.task === "sampling" || isFirstToken(figure)) return [];
    const model = { name: figure.model, config };
    if (figure.task === "decode") {
      return [flopsRow(model, { phase: "decode", context: figure.seq_len! })];
    }
    if (figure.task === "prefill") {
      return [flopsRow(model, { phase: "prefill", promptLength: figure.prompt_len! })];
    }
    return [flopsRow(model, { phase: "generate", ...generationOf(figure) })];
  });
  const key = ({ model, phase, mode, prompt_len, gen_len, n_or_c }: (typeof rows)[number]) =>
    [model, phase, mode, prompt_len, gen_len, n_or_c].join();
  return [...new Map(rows.map((row) => [key(row), row])).values()];
}
