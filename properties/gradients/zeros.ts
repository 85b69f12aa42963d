/** Gradients without influence on the loss are exactly zero. */
import fc from "fast-check";
import { seededRandom } from "../../src/math/random.ts";
import { IGNORED, lossAndGradients } from "../../src/training/gradients.ts";
import { gradientCases } from "./cases.ts";
import { expectSame, expectZero, type GradientLaw } from "./law.ts";

export const zeros: GradientLaw = {
  id: "gradient-zeros",
  name: "a token, a position or a row that cannot matter has gradient zero",
  runs: 100,
  floor: 60,
  cases: gradientCases({ tieWordEmbeddings: false }),
  holds: ({ model, batch }) => {
    const { config } = model;
    const D = config.hiddenSize;
    const { gradients } = lossAndGradients(model, batch);
    const used = new Set(batch.flatMap(({ tokens }) => tokens.slice(0, -1)));
    for (let token = 0; token < config.vocabSize; token++) {
      if (used.has(token)) continue;
      const row = gradients.embedTokens.subarray(token * D, (token + 1) * D);
      expectZero(`the gradient of token ${token}, which nothing reads,`, row);
    }
    const longest = Math.max(...batch.map(({ tokens }) => tokens.length - 1));
    const beyond = gradients.embedPositions?.subarray(longest * D) ?? new Float64Array();
    expectZero(`the gradients of positions from ${longest} on`, beyond);
    return used.size < config.vocabSize ? 0 : null;
  },
};

export const causality: GradientLaw = {
  id: "gradient-causality",
  name: "what stands after a predicted token changes no gradient of its loss, bit for bit",
  runs: 100,
  floor: 30,
  cases: gradientCases(),
  holds: ({ model, batch, seed }) => {
    const { tokens } = batch[0];
    const predicted = 1 + (seed % (tokens.length - 1));
    const labels = tokens.map((token, t) => (t === predicted ? token : IGNORED));
    const whole = lossAndGradients(model, [{ tokens, labels }]);
    const end = predicted + 1;
    const cut = { tokens: tokens.slice(0, end), labels: labels.slice(0, end) };
    expectSame("with what follows", whole.gradients, lossAndGradients(model, [cut]).gradients, 0);
    return end < tokens.length ? 0 : null;
  },
};

export const windows: GradientLaw = {
  id: "gradient-window",
  name: "a position outside every layer's window has gradient zero, and one inside has not",
  runs: 60,
  floor: 30,
  cases: fc
    .constantFrom(2, 1, 3)
    .chain((slidingWindow) => gradientCases({ slidingWindow, positions: "learned" })),
  holds: ({ model, seed }) => {
    const { config } = model;
    const { hiddenSize: D, maxPositionEmbeddings: P, vocabSize: V } = config;
    const random = seededRandom(seed);
    const tokens = Array.from({ length: P }, () => Math.floor(random() * V));
    const labels = tokens.map((token, t) => (t === P - 1 ? token : IGNORED));
    const { gradients } = lossAndGradients(model, [{ tokens, labels }]);
    const reach = config.numHiddenLayers * (config.slidingWindow! - 1);
    const first = P - 2 - reach;
    if (first <= 0) return null;
    const positions = gradients.embedPositions!;
    expectZero(`the gradients of positions below ${first}`, positions.subarray(0, first * D));
    // The predicting position itself, through its residual stream.
    const last = positions.subarray((P - 2) * D, (P - 1) * D);
    return last.some((x) => x !== 0) ? 0 : null;
  },
};
