import fc from "fast-check";
import type { ModelConfig } from "../model/config.ts";
import { weightKinds } from "./adversarial.ts";
import { type ModelParts, modelParts } from "./models.ts";

/** Share of generated models in which a feature has a value. */
export interface FeatureRow {
  readonly feature: string;
  readonly value: string;
  readonly cases: number;
  /** Share of all cases, in [0, 1]. */
  readonly share: number;
}

/** Range of a size among generated models. */
export interface SizeRow {
  readonly size: string;
  readonly smallest: number;
  readonly median: number;
  readonly largest: number;
}

export interface GeneratorStatistics {
  readonly features: readonly FeatureRow[];
  readonly sizes: readonly SizeRow[];
}

const sizes = [
  "vocabSize",
  "hiddenSize",
  "intermediateSize",
  "numHiddenLayers",
  "numAttentionHeads",
  "numKeyValueHeads",
  "headDim",
  "maxPositionEmbeddings",
] as const satisfies readonly (keyof ModelConfig)[];

/**
 * Returns statistics of `models`: the share of every value of every feature, of every kind of
 * weights, and the range of the sizes. A feature that is never on hides the bugs that need it, and
 * one that is never off hides the others.
 *
 * @param seed the seed of the sample, as for laws
 */
export function generatorStatistics(seed: number, runs: number): GeneratorStatistics {
  const sample = fc.sample(modelParts(), { seed, numRuns: runs });
  const drawn = sample.map(featuresOf);
  return {
    features: Object.keys(drawn[0] ?? {}).flatMap((feature) =>
      sharesOf(
        feature,
        drawn.map((features) => features[feature]),
      ),
    ),
    sizes: sizes.map((size) => {
      const sorted = sample.map(({ config }) => config[size]).sort((a, b) => a - b);
      const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
      return { size, smallest: at(0), median: at(0.5), largest: at(1) };
    }),
  };
}

/** Returns every feature of a model as a word. */
function featuresOf({ config, scale, kinds }: ModelParts): Record<string, string> {
  const { numAttentionHeads: N, numKeyValueHeads: K, ropeScaling } = config;
  const named = new Set<string>(sizes);
  const features = Object.entries(config).filter(([field]) => !named.has(field));
  return {
    heads: K === N ? "multi-head" : K === 1 ? "multi-query" : "grouped",
    ...Object.fromEntries(features.map(([field, value]) => [field, String(value)])),
    ropeScaling: ropeScaling?.ropeType ?? "null",
    weightScale: String(scale),
    ...Object.fromEntries(weightKinds.map((kind) => [kind, String(kinds.includes(kind))])),
    weights: kinds.length === 0 ? "plain" : "adversarial",
  };
}

function sharesOf(feature: string, values: readonly string[]): FeatureRow[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))
    .map(([value, cases]) => ({ feature, value, cases, share: cases / values.length }));
}
