/**
 * A training on disk: one safetensors file, written atomically. It holds the weights, AdamW's
 * moments under PyTorch's names, and the step; everything else follows from the settings.
 */
import { readSafetensors, writeSafetensors } from "../formats/safetensors.ts";
import type { Tensor } from "../model/weights.ts";
import type { Training } from "./train.ts";

const STEP = "step";

/** Writes the state that a training needs to continue, bit for bit. */
export async function writeCheckpoint(path: string, training: Training): Promise<void> {
  await writeSafetensors(path, tensorsOf(training), "F64");
}

/**
 * Restores the state of the file in a new training of the same model.
 *
 * @throws {Error} with the file's path, if it is damaged or of another model; nothing is changed
 */
export async function readCheckpoint(path: string, training: Training): Promise<void> {
  const stored = new Map((await readSafetensors(path)).map((tensor) => [tensor.name, tensor]));
  const wanted = tensorsOf(training);
  for (const { name, shape } of wanted) {
    const got = stored.get(name);
    if (String(got?.shape) === String(shape)) continue;
    const what = got === undefined ? "none" : `[${got.shape}]`;
    throw new RangeError(`${path}: ${name}: must be [${shape}], got ${what}`);
  }
  const extra = [...stored.keys()].find((name) => wanted.every((tensor) => tensor.name !== name));
  if (extra !== undefined) throw new RangeError(`${path}: ${extra}: must be of this training`);
  for (const { name, data } of wanted) data.set(stored.get(name)!.data);
  training.step = stored.get(STEP)!.data[0];
}

/** The trained tensors, their moments and the step; a base with adapters is not stored. */
function tensorsOf({ trained, moments, step }: Training): Tensor[] {
  const beside = (suffix: string, data: readonly Float64Array[]) =>
    trained.map(({ name, shape }, i) => ({ name: `${name}.${suffix}`, shape, data: data[i] }));
  return [
    ...trained,
    ...beside("exp_avg", moments.first),
    ...beside("exp_avg_sq", moments.second),
    { name: STEP, shape: [1], data: Float64Array.of(step) },
  ];
}
