/**
 * A correct engine in float32 as numpy or a BLAS library would compute it: every result is rounded,
 * the order of sums depends on the number of tokens in the call, and attention is fused in tiles
 * that rescale a running sum.
 */
import { checkAppend, checkRewind } from "../../src/decoder.ts";
import type { Model } from "../../src/model/model.ts";
import type { Engine, EngineSequence } from "../../src/subjects/define-subject.ts";

const { fround } = Math;

type Row = Float32Array;
type Sum = (terms: readonly number[]) => number;

/** One sum from the front, or pairwise: the order of a call with one token, or with several. */
const fromFront: Sum = (terms) => terms.reduce((sum, x) => fround(sum + x), 0);
const pairwise: Sum = (terms) => {
  if (terms.length < 3) return fromFront(terms);
  const half = terms.length >> 1;
  return fround(pairwise(terms.slice(0, half)) + pairwise(terms.slice(half)));
};

/** A fault to plant into the engine. */
export interface Fault {
  /** Added to the position of a token after a rewind. */
  readonly afterRewind?: number;
  /** Share of the last token of a call that all rows of the call see. */
  readonly future?: number;
}

interface Held {
  readonly keys: Row[][];
  readonly values: Row[][];
  rewound: boolean;
}

/** Returns the engine of a model with RMSNorm, RoPE, SwiGLU and no biases. */
export function float32Engine({ config, weights }: Model, fault: Fault = {}): Engine {
  const { hiddenSize: D, headDim: H, normEps, ropeTheta, numHiddenLayers: L } = config;
  const { numAttentionHeads: N, numKeyValueHeads: K } = config;

  const times = (matrix: ArrayLike<number>, x: Row, sum: Sum): Row =>
    Float32Array.from({ length: matrix.length / x.length }, (_, o) =>
      sum(Array.from(x, (value, i) => fround(fround(matrix[o * x.length + i]) * value))),
    );
  const norm = (x: Row, gain: ArrayLike<number>, sum: Sum): Row => {
    const square = fround(sum(Array.from(x, (value) => fround(value * value))) / x.length);
    const root = fround(Math.sqrt(fround(square + normEps)));
    return x.map((value, i) => fround(fround(value / root) * gain[i]));
  };
  const rotate = (x: Row, position: number): Row =>
    x.map((value, j) => {
      const i = j % H;
      const angle = position * ropeTheta ** ((-2 * (i % (H / 2))) / H);
      const partner = i < H / 2 ? -x[j + H / 2] : x[j - H / 2];
      return fround(value * fround(Math.cos(angle)) + partner * fround(Math.sin(angle)));
    });

  /** Attention in tiles of 3 positions, with a running maximum and sum. */
  function attend(query: Row, keys: readonly Row[], values: readonly Row[], sum: Sum): Row {
    const mixed = new Float32Array(N * H);
    for (let n = 0; n < N; n++) {
      const from = Math.floor(n / (N / K)) * H;
      let [most, total] = [Number.NEGATIVE_INFINITY, 0];
      for (let tile = 0; tile < keys.length; tile += 3) {
        const scores = keys.slice(tile, tile + 3).map((key) => {
          const terms = Array.from({ length: H }, (_, h) =>
            fround(query[n * H + h] * key[from + h]),
          );
          return fround(sum(terms) / fround(Math.sqrt(H)));
        });
        const largest = Math.max(most, ...scores);
        const scale = fround(Math.exp(most - largest));
        total = fround(total * scale);
        for (let h = 0; h < H; h++) mixed[n * H + h] = fround(mixed[n * H + h] * scale);
        for (const [s, score] of scores.entries()) {
          const power = fround(Math.exp(score - largest));
          total = fround(total + power);
          for (let h = 0; h < H; h++)
            mixed[n * H + h] += fround(power * values[tile + s][from + h]);
        }
        most = largest;
      }
      for (let h = 0; h < H; h++) mixed[n * H + h] = fround(mixed[n * H + h] / total);
    }
    return mixed;
  }

  function step(token: number, held: Held, sum: Sum): Row {
    const position = held.keys[0].length + (held.rewound ? (fault.afterRewind ?? 0) : 0);
    let x: Row = Float32Array.from(weights.embedTokens.slice(token * D, (token + 1) * D));
    for (const [l, layer] of weights.layers.entries()) {
      const input = norm(x, layer.inputLayernorm.weight, sum);
      held.keys[l].push(rotate(times(layer.kProj.weight, input, sum), position));
      held.values[l].push(times(layer.vProj.weight, input, sum));
      const query = rotate(times(layer.qProj.weight, input, sum), position);
      const mixed = attend(query, held.keys[l], held.values[l], sum);
      const out = times(layer.oProj.weight, mixed, sum);
      const middle = x.map((value, i) => value + out[i]);
      const inner = norm(middle, layer.postAttentionLayernorm.weight, sum);
      const up = times(layer.upProj.weight, inner, sum);
      const gated = times(layer.gateProj!.weight, inner, sum).map((g, f) =>
        fround(fround(g / fround(1 + fround(Math.exp(-g)))) * up[f]),
      );
      const down = times(layer.downProj.weight, gated, sum);
      x = middle.map((value, i) => value + down[i]);
    }
    return times(weights.lmHead.weight, norm(x, weights.norm!.weight, sum), sum);
  }

  const sequence = (held: Held): EngineSequence => ({
    get length() {
      return held.keys[0].length;
    },
    append(tokens) {
      return (this.appendAll!(tokens) as Row[]).at(-1)!;
    },
    appendAll(tokens) {
      checkAppend(config, this.length, tokens);
      const sum = tokens.length === 1 ? fromFront : pairwise;
      const leak = (fault.future ?? 0) * (tokens.at(-1)! + 1);
      return tokens.map((token) => step(token, held, sum).map((logit) => logit + leak));
    },
    rewind(length) {
      checkRewind(this.length, length);
      for (const rows of [...held.keys, ...held.values]) rows.length = length;
      held.rewound = true;
    },
    fork: () =>
      sequence({
        keys: held.keys.map((rows) => [...rows]),
        values: held.values.map((rows) => [...rows]),
        rewound: held.rewound,
      }),
  });
  const empty = () => Array.from({ length: L }, (): Row[] => []);
  return { start: () => sequence({ keys: empty(), values: empty(), rewound: false }) };
}
