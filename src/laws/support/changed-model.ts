import type { ModelConfig } from "../../model/config.ts";
import { mergeLora } from "../../model/lora.ts";
import type { Model } from "../../model/model.ts";
import { buildWeights } from "../../model/weights.ts";

/**
 * Returns the model under another configuration, with copies of its tensors. Tensors that the new
 * configuration needs and the model lacks are neutral: gains of 1, biases of 0, and the embedding
 * for the head of a model that was tied. Adapters are merged first.
 *
 * @param change writes into the copy of one tensor
 */
export function changedModel(
  model: Model,
  only: Partial<ModelConfig>,
  change: (name: string, data: Float64Array, shape: readonly number[]) => void,
): Model {
  const { tensors } = mergeLora(model.config, model.weights);
  const known = new Map(tensors.map(({ name, data }) => [name, data]));
  const config = { ...model.config, ...only };
  const weights = buildWeights(config, (name, shape) => {
    const head = name === "lm_head.weight" ? known.get("model.embed_tokens.weight") : undefined;
    const data = (known.get(name) ?? head)?.slice() ?? neutral(name, shape);
    change(name, data, shape);
    return data;
  });
  return { name: `${model.name}, changed`, config, weights };
}

function neutral(name: string, shape: readonly number[]): Float64Array {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return new Float64Array(size).fill(name.endsWith(".bias") ? 0 : 1);
}
