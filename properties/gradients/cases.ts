/** Generated models with batches, and measures of their gradients. */
import fc from "fast-check";
import { configs, type Fixed } from "../../src/arbitraries/configs.ts";
import { describeConfig } from "../../src/arbitraries/models.ts";
import { rawTokens, tokensOf } from "../../src/arbitraries/tokens.ts";
import { normal, seededRandom } from "../../src/math/random.ts";
import type { ModelConfig } from "../../src/model/config.ts";
import { targetsOf as loraTargetsOf, withLora } from "../../src/model/lora.ts";
import type { Model } from "../../src/model/model.ts";
import { buildWeights, randomWeights, type Weights } from "../../src/model/weights.ts";
import { type Example, IGNORED } from "../../src/training/gradients.ts";

export interface GradientCase {
  readonly model: Model;
  /** At least one token of the batch is counted. */
  readonly batch: readonly Example[];
  /** Seed of directions, masks and other draws of a check. */
  readonly seed: number;
}

/**
 * Returns small models over the whole configuration space, half of them with adapters, and batches
 * of rows of different lengths, some with ignored labels.
 *
 * Weights have scale 1: at the larger scales of other laws attention is a step function, whose
 * differences do not approximate its derivative.
 */
export function gradientCases(
  only: Fixed = {},
  rows = { minLength: 1, maxLength: 2 },
): fc.Arbitrary<GradientCase> {
  const parts = fc.record({
    config: configs(only),
    seed: fc.nat({ max: 0xffff }),
    scale: fc.constantFrom(1, 1, 2, 0.25),
    adapted: fc.boolean(),
    raw: fc.array(fc.tuple(rawTokens(2, 6), fc.boolean()), rows),
  });
  return parts.map(({ config, seed, scale, adapted, raw }) => {
    const plain = randomWeights(config, seed, scale);
    const weights = adapted ? adaptedWeights(config, plain, seed) : plain;
    const shown = `randomWeights(modelConfig(${describeConfig(config)}), ${seed}, ${scale})`;
    const name = adapted ? `${shown} with adapters` : shown;
    const batch = raw.map(([ids, hidden], row) => {
      return exampleOf(tokensOf(config, ids), hidden && row > 0 ? seed + row : null);
    });
    const model = { name, config, weights };
    const show = () => `{ model: ${name}, batch: ${JSON.stringify(batch)}, seed: ${seed} }`;
    return Object.assign({ model, batch, seed }, { [fc.toStringMethod]: show });
  });
}

/** Ignores half of the labels, if there is a seed. */
function exampleOf(tokens: readonly number[], seed: number | null): Example {
  if (seed === null) return { tokens };
  const random = seededRandom(seed);
  return { tokens, labels: tokens.map((token) => (random() < 0.5 ? IGNORED : token)) };
}

/** Returns adapters with non-zero matrices, on at least every second possible target. */
function adaptedWeights(config: ModelConfig, weights: Weights, seed: number): Weights {
  const random = seededRandom(seed);
  const possible = loraTargetsOf(config);
  const some = possible.filter(() => random() < 0.7);
  const targets = some.length === 0 ? possible : some;
  const rank = 1 + Math.floor(random() * 3);
  const adapted = withLora(config, weights, { rank, alpha: 1 + random() * 3, targets }, seed);
  for (const { name, data } of adapted.tensors) {
    if (name.endsWith("lora_B.weight")) data.set(data.map(() => normal(random) / 4));
  }
  return adapted;
}

/** Returns a direction of about length 1 in the space of weights, for the chosen tensors. */
export function directionOf(
  { config, weights }: Model,
  seed: number,
  moves: (name: string) => boolean = () => true,
): Weights {
  const random = seededRandom(seed);
  const count = weights.tensors.reduce(
    (n, { name, data }) => n + (moves(name) ? data.length : 0),
    0,
  );
  const drawn = new Map(
    weights.tensors.map(({ name, data }) => {
      const step = moves(name) ? 1 / Math.sqrt(count) : 0;
      return [name, data.map(() => step * normal(random))];
    }),
  );
  return buildWeights(config, (name) => drawn.get(name)!, weights.lora);
}

/** Returns the model at `weights + step * direction`. */
export function moved(model: Model, direction: Weights, step: number): Model {
  const steps = new Map(direction.tensors.map(({ name, data }) => [name, data]));
  const base = new Map(model.weights.tensors.map(({ name, data }) => [name, data]));
  const place = (name: string) => {
    const along = steps.get(name)!;
    return base.get(name)!.map((value, i) => value + step * along[i]);
  };
  return { ...model, weights: buildWeights(model.config, place, model.weights.lora) };
}

/** Returns `sum of g_i v_i`, and the sum of the magnitudes of its terms. */
export function along(gradients: Weights, direction: Weights): { sum: number; size: number } {
  let [sum, size] = [0, 0];
  for (const [t, { data }] of gradients.tensors.entries()) {
    const step = direction.tensors[t].data;
    for (let i = 0; i < data.length; i++) {
      sum += data[i] * step[i];
      size += Math.abs(data[i] * step[i]);
    }
  }
  return { sum, size };
}
