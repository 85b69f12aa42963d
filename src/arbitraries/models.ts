import fc from "fast-check";
import { configInput, type ModelConfig } from "../config.ts";
import type { Model } from "../model.ts";
import { randomWeights } from "../weights.ts";
import { configs } from "./configs.ts";

/**
 * Small models: a configuration and seeded weights, printed as a line that makes them again. The
 * scale of the weights goes from tame to one at which attention is nearly one-hot.
 */
export function models(): fc.Arbitrary<Model> {
  return fc
    .record({
      config: configs(),
      seed: fc.nat({ max: 0xffff }),
      scale: fc.constantFrom(1, 1, 3, 0.25, 8),
    })
    .map(({ config, seed, scale }) => {
      const name = `randomWeights(modelConfig(${describeConfig(config)}), ${seed}, ${scale})`;
      return {
        name,
        config,
        weights: randomWeights(config, seed, scale),
        [fc.toStringMethod]: () => name,
      };
    });
}

/** A configuration as one short object literal: what `modelConfig` needs to make it again. */
export function describeConfig(config: ModelConfig): string {
  const fields = Object.entries(configInput(config));
  return `{ ${fields.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(", ")} }`;
}
