/** A model as an engine of some arithmetic holds it. */
import type { Arithmetic } from "../math/arithmetic.ts";
import type { Model } from "../model/model.ts";
import { buildWeights } from "../model/weights.ts";

const known = new WeakMap<Model, Map<NonNullable<Arithmetic["hold"]>, Model>>();

/** Returns the model with weights rounded as the arithmetic holds them; itself if it holds all. */
export function heldModel(model: Model, { hold }: Arithmetic): Model {
  if (hold === undefined) return model;
  const models = known.get(model) ?? new Map<typeof hold, Model>();
  const held = models.get(hold) ?? withTensors(model, hold);
  known.set(model, models.set(hold, held));
  return held;
}

function withTensors(model: Model, hold: NonNullable<Arithmetic["hold"]>): Model {
  const { config, weights } = model;
  const tensors = new Map(weights.tensors.map(({ name, data }) => [name, data]));
  const held = buildWeights(config, (name, shape) => hold(tensors.get(name)!, shape), weights.lora);
  return { ...model, weights: held };
}
