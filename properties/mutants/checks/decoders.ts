/** Checks of decoders that need files or adapters. */
import { join } from "node:path";
import fc from "fast-check";
import { countsAround } from "../../../src/arbitraries/dimensions.ts";
import { models } from "../../../src/arbitraries/models.ts";
import { rawTokens, tokensOf } from "../../../src/arbitraries/tokens.ts";
import { forward } from "../../../src/definition.ts";
import { checkGolden } from "../../../src/golden/check.ts";
import { readModelFixtures } from "../../../src/golden/read.ts";
import { expectLogits, expectThat } from "../../../src/laws/support/expect.ts";
import { normal, seededRandom } from "../../../src/math/random.ts";
import { targetsOf, withLora } from "../../../src/model/lora.ts";
import { type Check, check } from "./check.ts";

const folder = join(import.meta.dirname, "../../../golden");

export const goldens: Check = check(
  "decoders",
  "golden-logits",
  "recorded logits come again, from the decoder and from the definition",
  1,
  () => fc.constant({}),
  async (_, subject) => {
    for (const fixture of await readModelFixtures(folder)) {
      const { name, model, manifest, cases } = fixture;
      const { difference } = await checkGolden(fixture, subject.build!(model));
      expectThat(difference === null, `${name}: ${difference}`);
      const tolerance = { absolute: manifest.tolerance, relative: 0 };
      for (const { tokens, logits } of cases) {
        const defined = forward(model.config, model.weights, tokens);
        const rows = defined.map((row) => Float64Array.from(row));
        expectLogits(`${name} by the definition`, rows, logits, tolerance);
      }
    }
  },
);

export const adapters: Check = check(
  "decoders",
  "lora-adapters",
  "a model with adapters has the logits of the definition",
  50,
  () =>
    fc.record({
      ...{ model: models(), tokens: rawTokens(1, 6), seed: fc.nat(0xffff) },
      rank: fc.oneof(fc.constant(2), countsAround({ min: 1, max: 300 })),
    }),
  async ({ model, tokens: raw, seed, rank }, subject) => {
    const { config } = model;
    const lora = { rank, alpha: 3, targets: targetsOf(config) };
    const weights = withLora(config, model.weights, lora, seed);
    const random = seededRandom(seed);
    for (const { name, data } of weights.tensors) {
      if (name.endsWith("lora_B.weight")) data.set(data.map(() => normal(random) / 8));
    }
    const tokens = tokensOf(config, raw);
    const expected = forward(config, weights, tokens);
    await using sequence = await subject.build!({ ...model, weights }).start();
    const accurate = { absolute: 1e-9, relative: 1e-6 };
    expectLogits("with adapters", await sequence.appendAll(tokens), expected, accurate);
  },
);
