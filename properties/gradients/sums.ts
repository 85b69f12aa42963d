/** Gradients of batches, shared tensors and frozen tensors are sums. */
import { expectThat } from "../../src/laws/support/expect.ts";
import { seededRandom } from "../../src/math/random.ts";
import { withLora } from "../../src/model/lora.ts";
import { buildWeights } from "../../src/model/weights.ts";
import { type Example, IGNORED, lossAndGradients } from "../../src/training/gradients.ts";
import { gradientCases } from "./cases.ts";
import {
  expectClose,
  expectSame,
  expectZero,
  type GradientLaw,
  ROUNDING,
  tensorOf,
} from "./law.ts";

export const sums: GradientLaw = {
  id: "gradient-sums",
  name: "a batch has the mean of its rows' gradients by counted tokens, in any order",
  runs: 60,
  floor: 30,
  cases: gradientCases({}, { minLength: 2, maxLength: 3 }),
  holds: ({ model, batch }) => {
    const { config, weights } = model;
    const whole = lossAndGradients(model, batch);
    const counts = ({ tokens, labels = tokens }: Example) =>
      labels.slice(1).filter((label) => label !== IGNORED).length;
    const rows = batch.filter((example) => counts(example) > 0);
    const counted = rows.reduce((sum, example) => sum + counts(example), 0);
    expectThat(whole.counted === counted, `counted must be ${counted}, got ${whole.counted}`);
    const parts = rows.map((example) => {
      const { loss, gradients } = lossAndGradients(model, [example]);
      return { share: counts(example) / counted, loss, gradients };
    });
    const mean = parts.reduce((sum, { share, loss }) => sum + share * loss, 0);
    expectClose("the loss", whole.loss, mean, ROUNDING * (1 + mean));
    const total = (name: string) => {
      const result = new Float64Array(tensorOf(weights, name).length);
      for (const { share, gradients } of parts) {
        for (const [i, x] of tensorOf(gradients, name).entries()) result[i] += share * x;
      }
      return result;
    };
    const summed = buildWeights(config, total, weights.lora);
    const error = expectSame("the batch", whole.gradients, summed, ROUNDING);
    const turned = lossAndGradients(model, batch.toReversed());
    expectSame("backwards", turned.gradients, whole.gradients, ROUNDING);
    return rows.length > 1 ? error : null;
  },
};

export const ignored: GradientLaw = {
  id: "gradient-ignored-labels",
  name: "a row without a label that counts adds nothing, bit for bit",
  runs: 60,
  floor: 60,
  cases: gradientCases(),
  holds: ({ model, batch }) => {
    const { tokens } = batch[0];
    const empty = { tokens, labels: tokens.map(() => IGNORED) };
    const first = { tokens, labels: tokens.map((token, t) => (t === 0 ? token : IGNORED)) };
    const { loss, gradients } = lossAndGradients(model, batch);
    const more = lossAndGradients(model, [empty, ...batch, first]);
    expectClose("the loss", more.loss, loss, 0);
    return expectSame("with more rows", more.gradients, gradients, 0);
  },
};

export const ties: GradientLaw = {
  id: "gradient-tied-weights",
  name: "a tied head's gradient is the embedding's plus the head's, in one memory",
  runs: 60,
  floor: 60,
  cases: gradientCases({ tieWordEmbeddings: true }),
  holds: ({ model: { name, config, weights }, batch }) => {
    const { gradients } = lossAndGradients({ config, weights }, batch);
    const oneMemory = gradients.lmHead.weight.buffer === gradients.embedTokens.buffer;
    expectThat(oneMemory, "the head's gradient must be the embedding's memory");
    const untied = { ...config, tieWordEmbeddings: false };
    const place = (tensor: string) =>
      tensor === "lm_head.weight" ? weights.embedTokens.slice() : tensorOf(weights, tensor);
    const apart = lossAndGradients(
      { config: untied, weights: buildWeights(untied, place, weights.lora) },
      batch,
    ).gradients;
    const both = (tensor: string) =>
      tensor === "model.embed_tokens.weight"
        ? apart.embedTokens.map((x, i) => x + apart.lmHead.weight[i])
        : tensorOf(apart, tensor);
    return expectSame(name, gradients, buildWeights(config, both, weights.lora), ROUNDING);
  },
};

export const frozen: GradientLaw = {
  id: "gradient-frozen-weights",
  name: "a frozen tensor's gradient is zero, and the others are what they were, bit for bit",
  runs: 60,
  floor: 60,
  cases: gradientCases(),
  holds: ({ model, batch, seed }) => {
    const random = seededRandom(seed);
    const training = new Set(model.weights.tensors.map(({ name }) => name));
    for (const name of [...training]) if (random() < 0.5) training.delete(name);
    const trains = (name: string) => training.has(name);
    const all = lossAndGradients(model, batch).gradients;
    const some = lossAndGradients(model, batch, { trains }).gradients;
    const expected = (name: string, [out, input = 1]: readonly number[]) =>
      trains(name) ? tensorOf(all, name) : new Float64Array(out * input);
    const { config, weights } = model;
    return expectSame("frozen", some, buildWeights(config, expected, weights.lora), 0);
  },
};

export const dropouts: GradientLaw = {
  id: "gradient-dropout",
  name: "dropout is none at p = 0, and comes again with its seed, bit for bit",
  runs: 60,
  floor: 30,
  cases: gradientCases(),
  holds: ({ model, batch, seed }) => {
    const run = (probability: number, maskSeed = seed) =>
      lossAndGradients(model, batch, {
        dropout: { probability, random: seededRandom(maskSeed) },
      });
    const plain = lossAndGradients(model, batch);
    expectClose("the loss at p = 0", run(0).loss, plain.loss, 0);
    expectSame("at p = 0", run(0).gradients, plain.gradients, 0);
    expectSame("once more", run(0.4).gradients, run(0.4).gradients, 0);
    return run(0.4).loss !== run(0.4, seed + 1).loss ? 0 : null;
  },
};

export const adapters: GradientLaw = {
  id: "gradient-lora",
  name: "with B = 0 the gradient of A is zero, and the base's is the plain model's, bit for bit",
  runs: 60,
  floor: 30,
  cases: gradientCases().filter(({ model }) => model.weights.lora === null),
  holds: ({ model, batch, seed }) => {
    const { config, weights } = model;
    const lora = { rank: 2, alpha: 3, targets: ["q_proj", "v_proj", "down_proj"] as const };
    const adapted = { config, weights: withLora(config, weights, lora, seed) };
    const { gradients } = lossAndGradients(adapted, batch);
    const plain = lossAndGradients(model, batch).gradients;
    let reached = false;
    for (const { name, data } of gradients.tensors) {
      if (name.endsWith("lora_A.weight")) expectZero(name, data);
      else if (name.endsWith("lora_B.weight")) reached ||= data.some((x) => x !== 0);
      else {
        const base = tensorOf(plain, name);
        const i = data.findIndex((x, at) => x !== base[at]);
        expectThat(i < 0, `${name}[${i}] must be ${base[i]}, as without adapters, got ${data[i]}`);
      }
    }
    return reached ? 0 : null;
  },
};
