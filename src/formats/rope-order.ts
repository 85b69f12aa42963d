/**
 * The two layouts of RoPE, and the conversion between them. Rotating rows `2i` and `2i + 1` of a
 * head, or rows `i` and `i + R/2`, is the same model if the rows of q and k are reordered: the
 * score q . k sums the same products. It sums them in another order, so logits agree within
 * rounding, not bit for bit; converting back restores the original weights.
 */
import type { ModelConfig } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import { buildWeights } from "../model/weights.ts";
import { checkNoAdapters } from "./supported.ts";

/** The tensors whose rows are entries of query and key heads. */
const ofHeads = /\.self_attn\.[qk]_(proj|norm)\.(weight|bias)$/;

/**
 * Returns the model in Hugging Face's layout; tensors that are not reordered are shared.
 *
 * @throws {RangeError} on weights with adapters
 */
export function toHalfSplit(model: Model): Model {
  return inLayout(model, "half-split");
}

/** Returns the model in Meta's layout; otherwise as {@link toHalfSplit}. */
export function toInterleaved(model: Model): Model {
  return inLayout(model, "interleaved");
}

function inLayout(model: Model, ropeLayout: ModelConfig["ropeLayout"]): Model {
  if (model.config.ropeLayout === ropeLayout) return model;
  checkNoAdapters("rope order", model.weights);
  const config: ModelConfig = Object.freeze({ ...model.config, ropeLayout });
  const order = config.positions === "rope" ? rowOrder(config) : null;
  const tensors = new Map(model.weights.tensors.map(({ name, data }) => [name, data]));
  const weights = buildWeights(config, (name, [, rowSize = 1]) => {
    const data = tensors.get(name)!;
    return order !== null && ofHeads.test(name) ? reorder(data, order, rowSize) : data;
  });
  return { ...model, config, weights };
}

/** For each row of a head in the layout of `config`, its row in the other layout, `[H]`. */
function rowOrder({ headDim: H, partialRotaryFactor, ropeLayout }: ModelConfig): number[] {
  const pairs = (H * partialRotaryFactor) / 2;
  const order = Array.from({ length: H }, (_, h) => h);
  for (let i = 0; i < pairs; i++) {
    const halfSplit = [i, i + pairs];
    const interleaved = [2 * i, 2 * i + 1];
    const [to, from] =
      ropeLayout === "half-split" ? [halfSplit, interleaved] : [interleaved, halfSplit];
    order[to[0]] = from[0];
    order[to[1]] = from[1];
  }
  return order;
}

function reorder(data: Float64Array, order: readonly number[], rowSize: number): Float64Array {
  const H = order.length;
  const reordered = new Float64Array(data.length);
  for (let row = 0; row < data.length / rowSize; row++) {
    const from = (row - (row % H) + order[row % H]) * rowSize;
    reordered.set(data.subarray(from, from + rowSize), row * rowSize);
  }
  return reordered;
}
