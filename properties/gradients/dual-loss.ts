/**
 * The loss and its derivative in one direction, by one forward run on dual numbers: the equations
 * again, independent of the training code, without a reverse pass.
 */

import type { Random } from "../../src/math/random.ts";
import type { ModelConfig } from "../../src/model/config.ts";
import type { Model } from "../../src/model/model.ts";
import type { LayerWeights, Linear, Norm, Weights } from "../../src/model/weights.ts";
import type { Example } from "../../src/training/gradients.ts";
import type { Dual } from "./dual.ts";
import * as dual from "./dual.ts";

export interface DualLoss extends Dual {
  /**
   * Distance in the direction until a ReLU changes its side, by the first derivatives:
   * `min |x| / |dx|` over the inputs of ReLUs.
   */
  readonly kink: number;
}

/** Weights with their direction: `both((w) => w.layers[0])` is one part of each. */
type Pair<T> = readonly [value: T, direction: T];

interface Run {
  readonly config: ModelConfig;
  /** Dropout of one number, drawn in the order of the equations. */
  readonly drop: (x: Dual) => Dual;
  kink: number;
}

/** @param dropout masks are drawn in the order that `GradientOptions` states */
export function dualLoss(
  { config, weights }: Pick<Model, "config" | "weights">,
  direction: Weights,
  batch: readonly Example[],
  dropout: { readonly probability: number; readonly random: Random } | null = null,
): DualLoss {
  const drop = (x: Dual) => {
    if (dropout === null) return x;
    const dropped = dropout.random() < dropout.probability;
    return dropped ? dual.constant(0) : dual.scale(1 / (1 - dropout.probability), x);
  };
  const run: Run = { config, drop, kink: Number.POSITIVE_INFINITY };
  const losses = batch.flatMap(({ tokens, labels = tokens }) => {
    const rows = logits(run, [weights, direction], tokens.slice(0, -1));
    return rows.flatMap((row, t) => {
      const label = labels[t + 1];
      return label === -100 ? [] : [surprise(row, label)];
    });
  });
  return { ...dual.scale(1 / losses.length, dual.sum(losses)), kink: run.kink };
}

/** `-ln (e^s[label] / sum e^s)`, with all scores moved so that the largest is 0. */
function surprise(scores: readonly Dual[], label: number): Dual {
  const largest = dual.constant(Math.max(...scores.map(({ v }) => v)));
  const moved = scores.map((score) => dual.subtract(score, largest));
  return dual.subtract(dual.log(dual.sum(moved.map(dual.exp))), moved[label]);
}

/** `[T][V]` */
function logits(run: Run, all: Pair<Weights>, tokens: readonly number[]): Dual[][] {
  const { hiddenSize: D, positions } = run.config;
  let x = tokens.map((token, t) => {
    const row = rowOf(
      part(all, (w) => w.embedTokens),
      token,
      D,
    );
    if (positions === "none" || positions === "rope") return row;
    const place =
      positions === "learned"
        ? rowOf(
            part(all, (w) => w.embedPositions!),
            t,
            D,
          )
        : range(D).map((d) => dual.constant(sinusoid(t, d, D)));
    return row.map((value, d) => dual.add(value, place[d]));
  });
  x = x.map((row) => row.map(run.drop));
  const add = (rows: Dual[][]) => {
    const dropped = rows.map((row) => row.map(run.drop));
    x = x.map((row, t) => row.map((value, d) => dual.add(value, dropped[t][d])));
  };
  for (const l of all[0].layers.keys()) {
    const layer = part(all, (w) => w.layers[l]);
    const first = part(layer, (one) => one.inputLayernorm);
    add(
      attention(
        run,
        layer,
        x.map((row) => norm(run, first, row)),
      ),
    );
    const second = part(layer, (one) => one.postAttentionLayernorm);
    add(x.map((row) => feedForward(run, layer, norm(run, second, row))));
  }
  if (run.config.finalNorm)
    x = x.map((row) =>
      norm(
        run,
        part(all, (w) => w.norm!),
        row,
      ),
    );
  return x.map((row) =>
    linear(
      part(all, (w) => w.lmHead),
      row,
    ),
  );
}

function attention(run: Run, layer: Pair<LayerWeights>, x: readonly Dual[][]): Dual[][] {
  const { config } = run;
  const { numAttentionHeads: N, numKeyValueHeads: K, headDim: H, slidingWindow } = config;
  const heads = (row: Dual[]) => range(row.length / H).map((n) => row.slice(n * H, (n + 1) * H));
  const placed = (name: "q" | "k") =>
    x.map((row, t) =>
      heads(
        linear(
          part(layer, (one) => one[`${name}Proj`]),
          row,
        ),
      ).map((head) => {
        const gain = part(layer, (one) => one[`${name}Norm`]!);
        const normed = config.qkNorm ? norm(run, gain, head) : head;
        return config.positions === "rope" ? rope(config, normed, t) : normed;
      }),
    );
  const [query, key] = [placed("q"), placed("k")];
  const value = x.map((row) =>
    heads(
      linear(
        part(layer, (one) => one.vProj),
        row,
      ),
    ),
  );
  const mixed: Dual[][] = x.map(() => []);
  for (const n of range(N)) {
    const group = Math.floor((n * K) / N);
    for (const t of x.keys()) {
      const seen = range(t + 1).slice(slidingWindow === null ? 0 : -slidingWindow);
      const scores = seen.map((s) =>
        dual.scale(1 / Math.sqrt(H), dual.dot(query[t][n], key[s][group])),
      );
      const largest = dual.constant(Math.max(...scores.map(({ v }) => v)));
      const powers = scores.map((score) => dual.exp(dual.subtract(score, largest)));
      const total = dual.sum(powers);
      const probs = powers.map((power) => run.drop(dual.divide(power, total)));
      mixed[t].push(
        ...range(H).map((h) =>
          dual.dot(
            probs,
            seen.map((s) => value[s][group][h]),
          ),
        ),
      );
    }
  }
  return mixed.map((row) =>
    linear(
      part(layer, (one) => one.oProj),
      row,
    ),
  );
}

function rope(config: ModelConfig, head: readonly Dual[], t: number): Dual[] {
  const { ropeTheta, ropeScaling: scaling, ropeLayout } = config;
  const R = config.headDim * config.partialRotaryFactor;
  const turned = [...head];
  for (let i = 0; i < R / 2; i++) {
    let frequency = ropeTheta ** ((-2 * i) / R);
    if (scaling !== null) {
      const turns = (scaling.originalMaxPositionEmbeddings * frequency) / (2 * Math.PI);
      const blend =
        (turns - scaling.lowFreqFactor) / (scaling.highFreqFactor - scaling.lowFreqFactor);
      const kept = Math.max(0, Math.min(1, blend));
      frequency *= kept + (1 - kept) / scaling.factor;
    }
    const [cos, sin] = [Math.cos(t * frequency), Math.sin(t * frequency)];
    const [a, b] = ropeLayout === "half-split" ? [i, i + R / 2] : [2 * i, 2 * i + 1];
    turned[a] = dual.subtract(dual.scale(cos, head[a]), dual.scale(sin, head[b]));
    turned[b] = dual.add(dual.scale(sin, head[a]), dual.scale(cos, head[b]));
  }
  return turned;
}

function sinusoid(t: number, d: number, D: number): number {
  const angle = t / 10_000 ** ((2 * Math.floor(d / 2)) / D);
  return d % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
}

function feedForward(run: Run, layer: Pair<LayerWeights>, x: Dual[]): Dual[] {
  const up = linear(
    part(layer, (one) => one.upProj),
    x,
  );
  const inner =
    run.config.feedForward === "swiglu"
      ? linear(
          part(layer, (one) => one.gateProj!),
          x,
        ).map((gate, f) =>
          dual.multiply(dual.divide(gate, onePlus(dual.exp(dual.scale(-1, gate)))), up[f]),
        )
      : up.map((value) =>
          activations[run.config.feedForward as keyof typeof activations](value, run),
        );
  return linear(
    part(layer, (one) => one.downProj),
    inner,
  );
}

const onePlus = (x: Dual) => dual.add(dual.constant(1), x);

const activations = {
  relu: (x: Dual, run: Run) => {
    if (x.d !== 0) run.kink = Math.min(run.kink, Math.abs(x.v / x.d));
    return x.v > 0 ? x : dual.constant(0);
  },
  gelu: (x: Dual) => dual.multiply(x, dual.normalDistribution(x)),
  gelu_tanh: (x: Dual) => {
    const cube = dual.multiply(dual.multiply(x, x), x);
    const inner = dual.scale(Math.sqrt(2 / Math.PI), dual.add(x, dual.scale(0.044715, cube)));
    return dual.scale(0.5, dual.multiply(x, onePlus(dual.tanh(inner))));
  },
};

/** LayerNorm if the gain has a bias, else RMSNorm. */
function norm({ config }: Run, gain: Pair<Norm>, x: readonly Dual[]): Dual[] {
  const mean = (all: readonly Dual[]) => dual.scale(1 / all.length, dual.sum(all));
  const centre = gain[0].bias === null ? dual.constant(0) : mean(x);
  const centred = x.map((value) => dual.subtract(value, centre));
  const squares = mean(centred.map((value) => dual.multiply(value, value)));
  const root = dual.sqrt(dual.add(squares, dual.constant(config.normEps)));
  const weight = rowOf(
    part(gain, (one) => one.weight),
    0,
    x.length,
  );
  const scaled = centred.map((value, i) => dual.multiply(dual.divide(value, root), weight[i]));
  if (gain[0].bias === null) return scaled;
  const bias = rowOf(
    part(gain, (one) => one.bias!),
    0,
    x.length,
  );
  return scaled.map((value, i) => dual.add(value, bias[i]));
}

function linear(layer: Pair<Linear>, x: readonly Dual[]): Dual[] {
  const times = (matrix: Pair<Float64Array>, input: readonly Dual[]) =>
    range(matrix[0].length / input.length).map((o) =>
      dual.dot(rowOf(matrix, o, input.length), input),
    );
  let out = times(
    part(layer, (one) => one.weight),
    x,
  );
  const { bias, lora } = layer[0];
  if (bias !== null) {
    const b = rowOf(
      part(layer, (one) => one.bias!),
      0,
      bias.length,
    );
    out = out.map((value, o) => dual.add(value, b[o]));
  }
  if (lora === null) return out;
  const low = times(
    part(layer, (one) => one.lora!.a),
    x,
  );
  const update = times(
    part(layer, (one) => one.lora!.b),
    low,
  );
  return out.map((value, o) => dual.add(value, dual.scale(lora.alpha / lora.rank, update[o])));
}

/** Returns one part of the weights and the same part of the direction. */
function part<Whole, Part>([value, direction]: Pair<Whole>, of: (w: Whole) => Part): Pair<Part> {
  return [of(value), of(direction)];
}

/** Returns row i of a matrix of width `width`, as dual numbers. */
function rowOf([values, directions]: Pair<Float64Array>, i: number, width: number): Dual[] {
  return range(width).map((j) => ({ v: values[i * width + j], d: directions[i * width + j] }));
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
