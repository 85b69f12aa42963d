import fc from "fast-check";
import { expect } from "vitest";
import { configs } from "../src/arbitraries/configs.ts";
import { type ConfigInput, type ModelConfig, modelConfig } from "../src/model/config.ts";
import type { Model } from "../src/model/model.ts";
import { randomWeights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";

/** Numbers that a wrong conversion loses: the negative zero, and the limits of float32. */
const extremes = [-0, 2 ** -149, -(2 ** -126), 2 ** 127 * (2 - 2 ** -23), 1 / 3].map(Math.fround);

/** Small models with configurations restricted to the features of a format or family. */
export function modelsOf(bend: (config: ModelConfig) => Partial<ModelConfig>): fc.Arbitrary<Model> {
  return fc.tuple(configs(), fc.nat({ max: 0xffff })).map(([drawn, seed]) => {
    const config = modelConfig({ ...drawn, ...bend(drawn) } as ConfigInput);
    const weights = randomWeights(config, seed);
    for (const [t, { data }] of weights.tensors.entries()) {
      data[(seed + t) % data.length] = extremes[t % extremes.length];
    }
    const name = `randomWeights(${JSON.stringify(config)}, ${seed})`;
    return { name, config, weights, [fc.toStringMethod]: () => name };
  });
}

/** Fails unless two models have the same configuration and the same numbers, bit for bit. */
export function expectSameModel(actual: Model, expected: Model): void {
  expect(actual.config).toEqual(expected.config);
  const names = (model: Model) => model.weights.tensors.map(({ name, shape }) => [name, shape]);
  expect(names(actual)).toEqual(names(expected));
  for (const [t, { name, data }] of actual.weights.tensors.entries()) {
    const other = expected.weights.tensors[t].data;
    const i = data.findIndex((x, at) => !Object.is(x, other[at]));
    if (i >= 0) throw new Error(`${name}[${i}] must be ${other[i]}, got ${data[i]}`);
  }
}

/** Returns the reference decoder's logits of a fixed sequence of tokens. */
export async function logitsOf({ config, weights }: Model): Promise<number[]> {
  const tokens = Array.from(
    { length: config.maxPositionEmbeddings },
    (_, t) => t % config.vocabSize,
  );
  const rows = await (await referenceDecoder(config, weights).start()).appendAll(tokens);
  return rows.flatMap((row) => [...row]);
}

/** Fails unless all logits are close. */
export function expectCloseLogits(actual: readonly number[], expected: readonly number[]): void {
  for (const [i, x] of expected.entries()) {
    expect(Math.abs(actual[i] - x)).toBeLessThan(1e-9 * Math.max(1, Math.abs(x)));
  }
}
