import type { Weights } from "../model/weights.ts";

/** Changes to random weights that reveal defects of decoders. */
const changes = {
  /** Every second token has the embedding and the output row of the token before it. */
  ties: (weights: Weights) => {
    const matrices = new Set([weights.embedTokens.buffer, weights.lmHead.weight.buffer]);
    for (const { data, shape } of weights.tensors.filter(({ data }) => matrices.has(data.buffer))) {
      const [V, D] = shape;
      for (let token = 1; token < V; token += 2) {
        data.copyWithin(token * D, (token - 1) * D, token * D);
      }
    }
  },
  /** Attention scores in the thousands, far beyond 709, where `e^x` overflows. */
  "sharp attention": (weights: Weights) => {
    for (const { data } of tensorsOf(weights, /q_proj|q_norm/)) scale(data, 1024);
  },
  /** One channel of the residual stream is 1,024 times as large, which is exact in float32. */
  "outlier channel": (weights: Weights) => {
    for (const { data, shape } of tensorsOf(weights, /embed_/)) scale(data, 1024, shape[1]);
  },
  /** The first row of every matrix is zero: a token without an embedding, a dead unit. */
  "zero rows": (weights: Weights) => {
    for (const { data, shape } of weights.tensors) {
      if (shape.length === 2) data.fill(0, 0, shape[1]);
    }
  },
};

export type WeightKind = keyof typeof changes;

export const weightKinds = Object.keys(changes) as WeightKind[];

/** Applies the changes to the weights, in place. */
export function adversarial(weights: Weights, kinds: readonly WeightKind[]): Weights {
  for (const kind of kinds) changes[kind](weights);
  return weights;
}

function tensorsOf({ tensors }: Weights, name: RegExp) {
  return tensors.filter((tensor) => name.test(tensor.name));
}

/** Multiplies every `step`th number, beginning with the first. */
function scale(data: Float64Array, factor: number, step = 1): void {
  for (let i = 0; i < data.length; i += step) data[i] *= factor;
}
