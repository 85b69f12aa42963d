import type { GrowthRow } from "../bench/growth-table.ts";
import type { RatioRow } from "../bench/ratios-table.ts";
import type { Configs } from "../bench/timed-groups.ts";
import { generationOperations, sumFlops } from "../cost/flops.ts";
import { type CacheMode, tokenSteps } from "../cost/generation.ts";
import { tokenStepsReason } from "../cost/token-steps-text.ts";
import { grouped } from "../io/text-table.ts";
import type { ModelConfig } from "../model/config.ts";
import { exponentFinding, fixed, flopsFinding, sentence, speedFinding } from "./findings.ts";

/**
 * Returns the reason why the time without a cache grows faster, a paragraph for each model whose
 * generation was timed in both modes. Every number is computed from the measured tables and the
 * exact costs.
 */
export function growthTexts(
  growth: readonly GrowthRow[],
  ratios: readonly RatioRow[],
  configs: Configs,
): string[] {
  const rows = growth.filter(({ task }) => task === "generation_length");
  return rows
    .filter(({ mode }) => mode === "naive")
    .flatMap((naive) => {
      const { model, task } = naive;
      const cached = rows.find((row) => row.model === model && row.mode === "cached");
      const ratio = ratios.findLast(
        (row) => row.model === model && row.task === task && row.ratio_median !== null,
      );
      const config = configs.get(model) ?? null;
      if (cached === undefined || ratio === undefined || config === null) return [];
      const { prompt_len } = ratio;
      return prompt_len === null
        ? []
        : [growthText(config, naive, cached, { ...ratio, prompt_len })];
    });
}

function growthText(
  config: ModelConfig,
  naive: GrowthRow,
  cached: GrowthRow,
  ratio: RatioRow & { readonly prompt_len: number },
): string {
  const { prompt_len: P, gen_len: n } = ratio;
  const [steps, cachedSteps] = (["naive", "cached"] as const).map((mode) =>
    tokenSteps({ promptLength: P, newTokens: n, mode }),
  );
  const quotient = Number(steps) / Number(cachedSteps);
  const lines = [
    `${naive.model}: ${grouped(n)} new tokens after ${P}, with and without a cache`,
    `  ${exponents(naive)}`,
    `  ${exponents(cached)}`,
    ...tokenStepsReason({ naive: steps, cached: cachedSteps }).map((reason) => `  ${reason}`),
    `  Their quotient, ${quotient.toFixed(1)} here, tends to n/2: one power of n more.`,
    `  Without: ${split(config, naive, P, n)}`,
    `  With:    ${split(config, cached, P, n)}`,
    `  ${sentence(speedFinding(ratio), flopsFinding(ratio))}`,
  ];
  return lines.join("\n");
}

/** Returns the measured exponent, that of the exact FLOPs, and that of the last segment. */
function exponents(row: GrowthRow): string {
  const difference = `difference ${fixed(row.slope_minus_pred)} ${between(row.smp_ci_lo, row.smp_ci_hi)}`;
  return sentence(
    exponentFinding(row),
    difference,
    `at the end n^${fixed(row.last_segment_slope)}`,
  );
}

/** Returns the shares of the polynomial's terms in the time at n, and of attention in the FLOPs. */
function split(config: ModelConfig, row: GrowthRow, P: number, n: number): string {
  const terms = [row.c0_ms, row.c1_ms_per_n, row.c2_ms_per_n2, row.c3_ms_per_n3].map(
    (c, power) => (c ?? 0) * n ** power,
  );
  const total = terms.reduce((sum, term) => sum + term, 0);
  const names = ["fixed", "by n", "by n²", "by n³"];
  const shares = terms.map((term, power) => `${percentage(term / total)} ${names[power]}`);
  const mode = row.mode as CacheMode;
  const operations = generationOperations(config, { promptLength: P, newTokens: n, mode });
  const attention = operations.filter(
    ({ operation }) => operation === "scores" || operation === "mix",
  );
  const share = Number(sumFlops(attention)) / Number(sumFlops(operations));
  const last = mode === "naive" ? shares : shares.slice(0, 3);
  const power = mode === "naive" ? "n³" : "n²";
  return `${last.join(", ")} of the time; attention, which grows by ${power}, is ${percentage(share)} of the FLOPs`;
}

function between(low: number | null, high: number | null): string {
  return low === null || high === null ? "[?]" : `[${fixed(low)}, ${fixed(high)}]`;
}

function percentage(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
