import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { models } from "../src/arbitraries/models.ts";
import { rawTokens, tokensOf } from "../src/arbitraries/tokens.ts";
import { loraParameterCount } from "../src/cost/lora.ts";
import { forward } from "../src/definition.ts";
import { lawById } from "../src/laws/index.ts";
import { normal, seededRandom } from "../src/math/random.ts";
import { modelConfig } from "../src/model/config.ts";
import { mergeLora, targetsOf, withLora } from "../src/model/lora.ts";
import type { Model } from "../src/model/model.ts";
import { namedModel } from "../src/model/named/registry.ts";
import {
  countParameters,
  initWeights,
  type LoraConfig,
  type Tensor,
  type Weights,
} from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { reference } from "../src/subjects/reference.ts";
import { firstDifference } from "../src/tolerance/compare.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { describeVerdict } from "../src/verify/verdicts.ts";
import { property, seed } from "./support.ts";

interface Adapted {
  base: Model;
  lora: LoraConfig;
  /** Adapters with B zero, as at the start of LoRA. */
  fresh: Weights;
  tokens: number[];
}

/** Generated models with adapters on generated targets. */
const adapted: fc.Arbitrary<Adapted> = fc
  .record({
    base: models(),
    rank: fc.integer({ min: 1, max: 4 }),
    alpha: fc.constantFrom(1, 16, 0.5),
    picks: fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 8 }),
    raw: rawTokens(1, 6),
  })
  .map(({ base, rank, alpha, picks, raw }) => {
    const possible = targetsOf(base.config);
    const targets = [...new Set(picks.map((pick) => possible[pick % possible.length]))];
    const lora = { rank, alpha, targets };
    const fresh = withLora(base.config, base.weights, lora, rank);
    return { base, lora, fresh, tokens: tokensOf(base.config, raw) };
  });

const adapterTensors = ({ tensors }: Weights) =>
  tensors.filter(({ name }) => name.includes(".lora_"));

const hasAdapter = (name: string) => (tensor: Tensor) =>
  tensor.name === name.replace(/weight$/, "lora_A.weight");

/** Fills every B with numbers, as training would. */
function train(weights: Weights): Weights {
  const random = seededRandom(7);
  for (const { name, data } of adapterTensors(weights)) {
    if (name.endsWith(".lora_B.weight")) data.set(data.map(() => 0.3 * normal(random)));
  }
  return weights;
}

async function logitsOf({ config }: Model, weights: Weights, tokens: readonly number[]) {
  await using sequence = await referenceDecoder(config, weights).start();
  return sequence.appendAll(tokens);
}

describe("LoRA", () => {
  property("with B zero changes no bit of any logit", adapted, async ({ base, ...rest }) => {
    const { fresh, tokens } = rest;
    const plain = await logitsOf(base, base.weights, tokens);
    expect(firstDifference(await logitsOf(base, fresh, tokens), plain, "bitwise")).toBeNull();
    const equations = forward(base.config, base.weights, tokens);
    const same = forward(base.config, fresh, tokens);
    expect(firstDifference(same, equations, "bitwise")).toBeNull();
  });

  property(
    "merged into the weights gives the logits of separate adapters",
    adapted,
    async ({ base, fresh, tokens }) => {
      const beside = await logitsOf(base, train(fresh), tokens);
      const merged = mergeLora(base.config, fresh);
      expect(merged.lora).toBeNull();
      const tolerance = { absolute: 1e-10, relative: 1e-10 };
      const actual = await logitsOf(base, merged, tokens);
      expect(firstDifference(actual, beside, tolerance)).toBeNull();
    },
  );

  property(
    "does not change the base: the same memory and bytes after training and merging",
    adapted,
    async ({ base, fresh, tokens }) => {
      const before = base.weights.tensors.map(({ data }) => data.slice());
      await logitsOf(base, train(fresh), tokens);
      const merged = mergeLora(base.config, fresh);
      for (const { name, data } of merged.tensors) {
        const own = base.weights.tensors.find((tensor) => tensor.name === name)!.data;
        const isTarget = name.endsWith(".weight") && fresh.tensors.some(hasAdapter(name));
        expect(data === own).toBe(!isTarget);
      }
      for (const [i, { name, data }] of base.weights.tensors.entries()) {
        expect(data).toEqual(before[i]);
        expect(fresh.tensors.find((tensor) => tensor.name === name)!.data).toBe(data);
      }
    },
  );

  property("adds r (in + out) numbers for every matrix", adapted, ({ base, lora, fresh }) => {
    const added = countParameters(fresh) - countParameters(base.weights);
    const own = adapterTensors(fresh).reduce((sum, { data }) => sum + data.length, 0);
    expect(own).toBe(added);
    expect(loraParameterCount(base.config, lora.rank, lora.targets)).toBe(BigInt(added));
  });

  const swiglu = modelConfig({ ...namedModel("demo").config, tieWordEmbeddings: false });

  test.for(targetsOf(swiglu))("on %s, with non-zero B, changes the logits", async (target) => {
    const base = { name: "demo", config: swiglu, weights: initWeights(swiglu, 42) };
    const lora = { rank: 1, alpha: 1, targets: [target] };
    const weights = train(withLora(swiglu, base.weights, lora, 1));
    const [, plain] = await logitsOf(base, base.weights, [3, 7]);
    const [, beside] = await logitsOf(base, weights, [3, 7]);
    expect(beside).not.toEqual(plain);
  });

  test.for(["definition-equality", "chunk-invariance", "tied-weights-memory"])(
    "keeps %s with non-zero B",
    async (id) => {
      const candidates = adapted.map(({ base, fresh }) => {
        const model = { ...base, weights: train(fresh) };
        return { decoder: referenceDecoder(model.config, model.weights), model };
      });
      const subject = { ...reference, name: "reference with adapters", candidates };
      const verdict = await runLaw(lawById(id), subject, { seed, runs: 150 });
      if (verdict.status !== "kept") throw new Error(describeVerdict(verdict));
    },
  );

  test("rank 8 on q and v of Llama 2 7B trains 4,194,304 numbers, 0.06 % of the model", () => {
    const { config } = namedModel("llama-2-7b");
    expect(loraParameterCount(config, 8, ["q_proj", "v_proj"])).toBe(4_194_304n);
  });
});

describe("LoRA refuses", () => {
  const { config } = namedModel("overview");
  const weights = initWeights(config, 1);
  const lora: LoraConfig = { rank: 2, alpha: 4, targets: ["q_proj", "v_proj"] };
  const possible = "q_proj, k_proj, v_proj, o_proj, up_proj, down_proj";

  test.for<[change: Partial<LoraConfig>, message: string]>([
    [{ rank: 0 }, "lora.rank must be a positive integer, got 0"],
    [{ rank: 1.5 }, "lora.rank must be a positive integer, got 1.5"],
    [{ alpha: 0 }, "lora.alpha must be a positive number, got 0"],
    [{ alpha: Number.NaN }, "lora.alpha must be a positive number, got NaN"],
    [{ targets: [] }, `lora.targets must be at least one of ${possible}, got none`],
    [{ targets: ["gate_proj"] }, `lora.targets must be at least one of ${possible}, got gate_proj`],
    [{ targets: ["lm_head"] }, `lora.targets must be at least one of ${possible}, got lm_head`],
  ])("%j", ([change, message]) => {
    expect(() => withLora(config, weights, { ...lora, ...change }, 1)).toThrow(
      new RangeError(message),
    );
  });

  test("a second set of adapters", () => {
    const once = withLora(config, weights, lora, 1);
    const message = "withLora: the weights must have no adapters yet, got them on q_proj,v_proj";
    expect(() => withLora(config, once, lora, 1)).toThrow(new RangeError(message));
  });
});
