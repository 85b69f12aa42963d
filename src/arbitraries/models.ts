import fc from "fast-check";
import { type ConfigInput, configInput, type ModelConfig, modelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import { randomWeights } from "../model/weights.ts";
import { adversarial, type WeightKind, weightKinds } from "./adversarial.ts";
import { configs, type Fixed } from "./configs.ts";
import { Sizes } from "./sizes.ts";

/** The parts of a generated model. */
export interface ModelParts {
  readonly config: ModelConfig;
  readonly seed: number;
  readonly scale: number;
  readonly kinds: readonly WeightKind[];
}

/**
 * Returns models: a configuration and seeded weights, printed as a line that constructs them.
 * The scale of the weights goes from 1 to one at which attention is nearly one-hot; in addition,
 * each kind of adversarial weights is on or off.
 */
export function models(only: Fixed = {}, sizes = new Sizes()): fc.Arbitrary<Model> {
  return modelParts(only, sizes).map(modelOf);
}

/**
 * Returns the model of these settings and seeded weights, as reports print it.
 *
 * @param scale factor of the weights
 * @param kinds adversarial weights, such as `["zero rows"]`
 * @throws {RangeError} naming a setting or a kind that is missing or wrong
 */
export function randomModel(
  settings: ConfigInput,
  seed: number,
  scale = 1,
  kinds: readonly WeightKind[] = [],
): Model {
  const unknown = kinds.find((kind) => !weightKinds.includes(kind));
  if (unknown !== undefined) {
    const must = `a kind of weights must be one of ${weightKinds.join(", ")}`;
    throw new RangeError(`randomModel: ${must}, got "${unknown}"`);
  }
  return modelOf({ config: modelConfig(settings), seed, scale, kinds });
}

/** Builds the model of these parts. */
export function modelOf({ config, seed, scale, kinds }: ModelParts): Model {
  const more = kinds.length === 0 ? "" : `, ${JSON.stringify(kinds)}`;
  const name = `randomModel(${describeConfig(config)}, ${seed}, ${scale}${more})`;
  const weights = adversarial(randomWeights(config, seed, scale), kinds);
  return Object.assign({ name, config, weights }, { [fc.toStringMethod]: () => name });
}

/** Returns the parts of {@link models}, before they are built. */
export function modelParts(only: Fixed = {}, sizes = new Sizes()): fc.Arbitrary<ModelParts> {
  return fc.record({
    config: configs(only, sizes),
    seed: fc.nat({ max: 0xffff }),
    scale: fc.constantFrom(1, 1, 3, 0.25, 8),
    kinds: fc
      .tuple(...weightKinds.map(() => fc.constantFrom(...plainMostly)))
      .map((on) => weightKinds.filter((_, i) => on[i])),
  });
}

/** Each kind is on in one case of eight, so that most models have none. */
const plainMostly = [false, false, false, false, false, false, false, true];

/** Returns a configuration as a short object literal, the input of `modelConfig`. */
export function describeConfig(config: ModelConfig): string {
  const fields = Object.entries(configInput(config));
  return `{ ${fields.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(", ")} }`;
}
