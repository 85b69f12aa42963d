import { type FlopsRow, flopsRow } from "../cost/flops-table.ts";
import type { Sample } from "./sample.ts";
import { generationOf } from "./task-cost.ts";
import { type Configs, isFirstToken, timedGroups } from "./timed-groups.ts";

/** Returns the rows of flops.csv for everything timed or planned, each cost once. */
export function benchFlopsRows(samples: readonly Sample[], configs: Configs): FlopsRow[] {
  const rows = timedGroups(samples).flatMap((group) => {
    const config = configs.get(group.model) ?? null;
    if (config === null || group.task === "sampling" || isFirstToken(group)) return [];
    const model = { name: group.model, config };
    if (group.task === "decode") {
      return [flopsRow(model, { phase: "decode", context: group.seq_len! })];
    }
    if (group.task === "prefill") {
      return [flopsRow(model, { phase: "prefill", promptLength: group.prompt_len! })];
    }
    return [flopsRow(model, { phase: "generate", ...generationOf(group) })];
  });
  const key = ({ model, phase, mode, prompt_len, gen_len, n_or_c }: (typeof rows)[number]) =>
    [model, phase, mode, prompt_len, gen_len, n_or_c].join();
  return [...new Map(rows.map((row) => [key(row), row])).values()];
}
