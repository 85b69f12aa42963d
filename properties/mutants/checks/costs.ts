/** Checks of the cost model: figures of others, and counts of what is really there. */
import fc from "fast-check";
import { configs } from "../../../src/arbitraries/configs.ts";
import { maxBatch } from "../../../src/cost/batch.ts";
import { generationFlops, passFlops } from "../../../src/cost/flops.ts";
import { tokenSteps } from "../../../src/cost/generation.ts";
import { isAttention, sumTraffic, trafficBytes, trafficRows } from "../../../src/cost/intensity.ts";
import { loraParameterCount } from "../../../src/cost/lora.ts";
import { kvBytes, kvBytesPerToken } from "../../../src/cost/memory.ts";
import { parameterCount, parameterSummary } from "../../../src/cost/parameters.ts";
import { GiB } from "../../../src/cost/units.ts";
import { forward } from "../../../src/definition.ts";
import { expectThat } from "../../../src/laws/support/expect.ts";
import { countingArithmetic } from "../../../src/math/arithmetic.ts";
import { type ModelConfig, modelConfig } from "../../../src/model/config.ts";
import { withLora } from "../../../src/model/lora.ts";
import { namedModel } from "../../../src/model/named/registry.ts";
import { countParameters, initWeights } from "../../../src/model/weights.ts";
import { KvCache } from "../../../src/reference/kv-cache.ts";
import {
  attentionGolden,
  batchGolden,
  generationGolden,
  kvGolden,
  parameterGolden,
  stepGolden,
} from "../../cost-golden.ts";
import { type Check, check } from "./check.ts";

const length = fc.integer({ min: 1, max: 6 });
const fp16 = { weightBytesPerElement: 2, kvBytesPerElement: 2, activationBytesPerElement: 2 };

function expectCounts(what: string, actual: unknown, expected: unknown): void {
  expectThat(String(actual) === String(expected), `${what}: ${actual}, but should be ${expected}`);
}

/** The multiply-adds of the definition over so many tokens, the head included. */
function products(config: ModelConfig, tokens: number): bigint {
  const arithmetic = countingArithmetic();
  const ids = Array.from({ length: tokens }, () => 0);
  forward(config, initWeights(config, 0), ids, arithmetic);
  return arithmetic.count();
}

export const costChecks: readonly Check[] = [
  check(
    "costs",
    "cost-golden",
    "figures that another program computed",
    1,
    () => fc.constant({}),
    () => {
      for (const { names, figures } of parameterGolden) {
        const { blocks, embedding, tied, untied } = parameterSummary(namedModel(names[0]).config);
        expectCounts(`parameters of ${names}`, [blocks, embedding, tied, untied], figures);
      }
      for (const { names, figures } of kvGolden) {
        const { config } = namedModel(names[0]);
        const requests = [1024, 4096, 8192].map((context) => kvBytes(config, context, 2));
        expectCounts(`cache of ${names}`, [kvBytesPerToken(config, 2), ...requests], figures);
      }
      for (const { names, figures } of generationGolden) {
        const { config } = namedModel(names[0]);
        const run = { promptLength: 10, newTokens: Number(figures[0]) };
        const flops = (["cached", "naive"] as const).map((mode) =>
          generationFlops(config, { ...run, mode }),
        );
        expectCounts(`generation of ${names}`, flops, figures.slice(1));
      }
      for (const { figures } of stepGolden) {
        const [promptLength, newTokens] = figures.map(Number);
        const steps = (["naive", "cached"] as const).map((mode) =>
          tokenSteps({ promptLength, newTokens, mode }),
        );
        expectCounts(`steps of ${figures.slice(0, 2)}`, steps, [figures[2], figures[4]]);
      }
    },
  ),
  check(
    "costs",
    "cost-traffic",
    "bytes moved by one head, and by two sequences",
    20,
    () => configs(),
    (config) => {
      const sizes = { vocabSize: 2, hiddenSize: 128, intermediateSize: 1, numHiddenLayers: 1 };
      const one = modelConfig({ ...sizes, numAttentionHeads: 1, maxPositionEmbeddings: 8192 });
      const pass = { ...fp16, fusion: "unfused", attention: "dense" } as const;
      for (const { figures } of attentionGolden) {
        const newTokens = Number(figures[0]);
        const sum = sumTraffic(trafficRows(one, { ...pass, newTokens }).filter(isAttention));
        expectCounts(
          `attention over ${newTokens}`,
          [sum.flops, trafficBytes(sum)],
          figures.slice(1, 3),
        );
      }
      const weightsOf = (batch: number) =>
        trafficRows(config, { ...fp16, newTokens: 1, fusion: "fused", batch })
          .filter(({ operation }) => operation !== "embed_tokens")
          .reduce((sum, { weightBytes }) => sum + weightBytes, 0n);
      expectCounts("weights read by a batch of two", weightsOf(2), weightsOf(1));
    },
  ),
  check(
    "costs",
    "cost-batch",
    "requests that fit, by trying",
    50,
    batches,
    ({ config, ...serving }) => {
      const tied = maxBatch({ ...config, tieWordEmbeddings: true }, { ...serving, ...fp16 });
      const untied = maxBatch({ ...config, tieWordEmbeddings: false }, { ...serving, ...fp16 });
      if (tied.plan === null || untied.plan === null) return;
      const rows = Math.ceil(config.vocabSize / serving.tensorParallel);
      const saved = untied.plan.weightBytes - tied.plan.weightBytes;
      expectCounts("bytes that a tied rank saves", saved, 2 * rows * config.hiddenSize);
      const { slidingWindow } = config;
      const held = Math.min(serving.context, slidingWindow ?? serving.context);
      const blocks = BigInt(Math.ceil(held / serving.blockTokens));
      let requests = 0n;
      while ((requests + 1n) * blocks <= tied.plan.maxBlocks) requests++;
      expectCounts("requests", tied.plan.maxBatch, requests);
    },
  ),
  check(
    "costs",
    "cost-ranks",
    "requests on several ranks, as another program counted",
    1,
    () => fc.constant({}),
    () => {
      const room = { deviceBytes: 80 * GiB, utilization: 0.9, activationBytes: 2 * GiB };
      for (const { names, figures } of batchGolden) {
        const serving = { ...fp16, ...room, context: 4096, blockTokens: 16 };
        const tensorParallel = Number(figures[0]);
        const { plan } = maxBatch(namedModel(names[0]).config, { ...serving, tensorParallel });
        expectCounts(
          `${names} on ${tensorParallel}`,
          [plan?.kvBytesPerToken, plan?.maxBatch],
          figures.slice(1),
        );
      }
    },
  ),
  check(
    "costs",
    "cost-counted",
    "what is counted is what is there",
    100,
    counted,
    ({ config, held, fresh }) => {
      const made = BigInt(countParameters(initWeights(config, 0)));
      expectCounts("parameters", parameterCount(config), made);
      const { layers } = new KvCache(config);
      const bytes = layers.reduce(
        (sum, { keys, values }) => sum + keys.byteLength + values.byteLength,
        0,
      );
      const perToken = kvBytesPerToken(config, 8) * BigInt(config.maxPositionEmbeddings);
      expectCounts("bytes of the cache", perToken, bytes);
      const all = { newTokens: fresh, heldTokens: held, headRows: fresh };
      const counts = products(config, held + fresh) - (held === 0 ? 0n : products(config, held));
      expectCounts("FLOPs of a pass", passFlops(config, all), 2n * counts);
      const adapted = withLora(
        config,
        initWeights(config, 0),
        { rank: 2, alpha: 1, targets: ["q_proj", "o_proj"] },
        1,
      );
      const added = BigInt(countParameters(adapted)) - made;
      expectCounts("adapters", loraParameterCount(config, 2, ["q_proj", "o_proj"]), added);
    },
  ),
  check(
    "costs",
    "cost-generation-loop",
    "a generation costs what its passes cost",
    100,
    counted,
    ({ config, held, fresh }) => {
      const [promptLength, newTokens] = [held + 1, fresh];
      for (const mode of ["naive", "cached"] as const) {
        let [flops, steps] = [0n, 0n];
        for (let i = 0; i < newTokens; i++) {
          const alone = mode === "naive" || i === 0;
          const pass = alone
            ? { newTokens: promptLength + i * Number(mode === "naive") }
            : { newTokens: 1, heldTokens: promptLength + i - 1 };
          flops += passFlops(config, pass);
          steps += BigInt(pass.newTokens);
        }
        const run = { promptLength, newTokens, mode };
        expectCounts(`FLOPs, ${mode}`, generationFlops(config, run), flops);
        expectCounts(`steps, ${mode}`, tokenSteps(run), steps);
      }
    },
  ),
];

function counted() {
  return fc.record({ config: configs(), held: fc.nat({ max: 6 }), fresh: length });
}

/** Models that two or three ranks can share, and what they are to hold. */
function batches() {
  const splittable = configs().map((config) => ({
    ...config,
    numAttentionHeads: 6 * config.numAttentionHeads,
    numKeyValueHeads: 6 * config.numKeyValueHeads,
    intermediateSize: 6 * config.intermediateSize,
  }));
  return fc.record({
    config: splittable,
    deviceBytes: fc.integer({ min: 1, max: 1 << 16 }),
    tensorParallel: fc.integer({ min: 1, max: 3 }),
    context: fc.integer({ min: 1, max: 40 }),
    blockTokens: fc.integer({ min: 1, max: 8 }),
  });
}
