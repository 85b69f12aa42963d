/**
 * A decoder of your own: a model of Llama's kind with a KV cache. The default export is what
 * `describeLaws` tests, and `npx causalgate verify --engine 001-own-engine.ts` too.
 */
import { checkAppend, checkRewind, defineSubject, type Model } from "causalgate";

type Vector = Float64Array;

/** The keys and the values of one layer, one row for each token held. */
type Cache = readonly [keys: Vector[], values: Vector[]];

/** The options of a model that this engine cannot choose: laws that need another skip the case. */
export const only = {
  norm: "rmsnorm",
  finalNorm: true,
  qkNorm: false,
  positions: "rope",
  ropeLayout: "half-split",
  partialRotaryFactor: 1,
  ropeScaling: null,
  slidingWindow: null,
  feedForward: "swiglu",
  attentionBias: false,
  attentionOutputBias: false,
  mlpBias: false,
  lmHeadBias: false,
} as const;

export function engine({ config, weights }: Model) {
  const { hiddenSize: D, headDim: H, normEps, ropeTheta } = config;

  /** Computes one token: its keys and values join the caches, and its logits are returned. */
  function step(token: number, caches: readonly Cache[]): Vector {
    const position = caches[0][0].length;
    const rotate = (heads: Vector) => rope(heads, H, position, ropeTheta);
    let x: Vector = weights.embedTokens.slice(token * D, (token + 1) * D);
    for (const [l, layer] of weights.layers.entries()) {
      const input = rmsNorm(x, layer.inputLayernorm.weight, normEps);
      const [keys, values] = caches[l];
      keys.push(rotate(times(layer.kProj.weight, input)));
      values.push(times(layer.vProj.weight, input));
      const mixed = attention(rotate(times(layer.qProj.weight, input)), keys, values, H);
      x = plus(x, times(layer.oProj.weight, mixed));
      const inner = rmsNorm(x, layer.postAttentionLayernorm.weight, normEps);
      const gate = times(layer.gateProj!.weight, inner).map((g) => g / (1 + Math.exp(-g)));
      const up = times(layer.upProj.weight, inner).map((value, f) => value * gate[f]);
      x = plus(x, times(layer.downProj.weight, up));
    }
    return times(weights.lmHead.weight, rmsNorm(x, weights.norm!.weight, normEps));
  }

  const sequence = (caches: readonly Cache[]) => ({
    get length() {
      return caches[0][0].length;
    },
    append(tokens: readonly number[]) {
      return this.appendAll(tokens).at(-1)!;
    },
    appendAll(tokens: readonly number[]) {
      checkAppend(config, this.length, tokens);
      return tokens.map((token) => step(token, caches));
    },
    rewind(length: number) {
      checkRewind(this.length, length);
      for (const rows of caches.flat()) rows.length = length;
    },
    fork: () => sequence(caches.map(([keys, values]) => [[...keys], [...values]])),
  });
  return { start: () => sequence(weights.layers.map((): Cache => [[], []])) };
}

function rmsNorm(x: Vector, gain: Vector, eps: number): Vector {
  const meanSquare = x.reduce((sum, value) => sum + value * value, 0) / x.length;
  return x.map((value, i) => (value * gain[i]) / Math.sqrt(meanSquare + eps));
}

/** Rotary position embedding: rotates entries `i` and `i + H/2` of every head together. */
function rope(heads: Vector, H: number, position: number, theta: number): Vector {
  return heads.map((value, j) => {
    const i = j % H;
    const angle = position * theta ** ((-2 * (i % (H / 2))) / H);
    const partner = i < H / 2 ? -heads[j + H / 2] : heads[j - H / 2];
    return value * Math.cos(angle) + partner * Math.sin(angle);
  });
}

/** Every query head over all cached tokens; several query heads share a key-value head. */
function attention(query: Vector, keys: Vector[], values: Vector[], H: number): Vector {
  const shared = query.length / keys[0].length;
  const mixed = new Float64Array(query.length);
  for (let head = 0; head < query.length / H; head++) {
    const from = Math.floor(head / shared) * H;
    const q = query.subarray(head * H, (head + 1) * H);
    const scores = keys.map((key) => dot(q, key.subarray(from, from + H)) / Math.sqrt(H));
    const largest = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - largest));
    const total = powers.reduce((sum, power) => sum + power);
    for (const [s, power] of powers.entries()) {
      for (let h = 0; h < H; h++) mixed[head * H + h] += (power / total) * values[s][from + h];
    }
  }
  return mixed;
}

/** The product of a matrix, row by row, and a vector. */
function times(matrix: Vector, x: Vector): Vector {
  const row = (o: number) => matrix.subarray(o * x.length, (o + 1) * x.length);
  return Float64Array.from({ length: matrix.length / x.length }, (_, o) => dot(row(o), x));
}

function dot(a: Vector, b: Vector): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

function plus(a: Vector, b: Vector): Vector {
  return a.map((value, i) => value + b[i]);
}

export default defineSubject({
  name: "own engine",
  only,
  arithmetic: "float64",
  bitwise: true, // the same sums in the same order, however the tokens are cut into calls
  capabilities: ["all-rows", "rewind", "fork"],
  build: engine,
});
