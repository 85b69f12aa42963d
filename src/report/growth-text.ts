import type { GrowthRow } from "../bench/growth-table.ts";
import type { RatioRow } from "../bench/ratios-table.ts";
import type { Configs } from "../bench/timed-groups.ts";
import { generationOperations, sumFlops } from "../cost/flops.ts";
import { type Mode, tokenSteps } from "../cost/generation.ts";
import { grouped } from "../io/text-table.ts";
import type { ModelConfig } from "../model/config.ts";

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
  const steps = (mode: Mode) => tokenSteps({ promptLength: P, newTokens: n, mode });
  const quotient = Number(steps("naive")) / Number(steps("cached"));
  const lines = [
    `${naive.model}: ${grouped(n)} new tokens after ${P}, with and without a cache`,
    `  Without: ${slopes(naive)}`,
    `  With:    ${slopes(cached)}`,
    `  Why: without a cache every new token runs all tokens before it again, nP + n(n - 1)/2 =`,
    `  ${grouped(steps("naive"))} token-steps; with it each token runs once, P + n - 1 = ${grouped(steps("cached"))}.`,
    `  Their quotient, ${quotient.toFixed(1)} here, tends to n/2: one power of n more.`,
    `  Without: ${split(config, naive, P, n)}`,
    `  With:    ${split(config, cached, P, n)}`,
    `  The cache makes it ${ratio.ratio_median} times as fast [${ratio.ratio_ci_lo}, ${ratio.ratio_ci_hi}]; exact FLOPs say ${ratio.flops_ratio_predicted}.`,
  ];
  return lines.join("\n");
}

/** The measured exponent beside that of the exact FLOPs, and where the curve ends. */
function slopes(row: GrowthRow): string {
  const measured = `time grows as n^${fixed(row.slope)} ${between(row.slope_ci_lo, row.slope_ci_hi)}`;
  const predicted = `exact FLOPs as n^${fixed(row.slope_predicted_flops)}`;
  const difference = `difference ${fixed(row.slope_minus_pred)} ${between(row.smp_ci_lo, row.smp_ci_hi)}`;
  return `${measured}, ${predicted}, ${difference}; at the end as n^${fixed(row.last_segment_slope)}`;
}

/** What the time at n consists of, by the fitted polynomial, and what of the FLOPs is attention. */
function split(config: ModelConfig, row: GrowthRow, P: number, n: number): string {
  const terms = [row.c0_ms, row.c1_ms_per_n, row.c2_ms_per_n2, row.c3_ms_per_n3].map(
    (c, power) => (c ?? 0) * n ** power,
  );
  const total = terms.reduce((sum, term) => sum + term, 0);
  const names = ["fixed", "by n", "by n²", "by n³"];
  const shares = terms.map((term, power) => `${percentage(term / total)} ${names[power]}`);
  const mode = row.mode as Mode;
  const operations = generationOperations(config, { promptLength: P, newTokens: n, mode });
  const attention = operations.filter(
    ({ operation }) => operation === "scores" || operation === "mix",
  );
  const share = Number(sumFlops(attention)) / Number(sumFlops(operations));
  const last = mode === "naive" ? shares : shares.slice(0, 3);
  const power = mode === "naive" ? "n³" : "n²";
  return `${last.join(", ")} of the time; attention, which grows by ${power}, is ${percentage(share)} of the FLOPs`;
}

function fixed(value: number | null): string {
  return value === null ? "?" : value.toFixed(2);
}

function between(low: number | null, high: number | null): string {
  return low === null || high === null ? "[?]" : `[${fixed(low)}, ${fixed(high)}]`;
}

function percentage(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
