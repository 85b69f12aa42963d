/**
 * GPT-2's names and shapes of tensors. Its linear layers are stored `[in, out]`, and q, k and v are
 * columns of one tensor, `c_attn`.
 *
 * @see transformers, `Conv1D` in pytorch_utils.py
 */
import type { Tensor, TensorSource } from "../model/weights.ts";

/** Hugging Face's names and GPT-2's, without the layer's number and `.weight` or `.bias`. */
const names: Readonly<Record<string, string>> = {
  "model.embed_tokens": "wte",
  "model.embed_positions": "wpe",
  "model.norm": "ln_f",
  lm_head: "lm_head",
  input_layernorm: "ln_1",
  post_attention_layernorm: "ln_2",
  "self_attn.q_proj": "attn.c_attn",
  "self_attn.k_proj": "attn.c_attn",
  "self_attn.v_proj": "attn.c_attn",
  "self_attn.o_proj": "attn.c_proj",
  "mlp.up_proj": "mlp.c_fc",
  "mlp.down_proj": "mlp.c_proj",
};

/** The place of a tensor inside GPT-2's. */
interface Place {
  /** The name and shape of GPT-2's tensor. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Maps index `i` to the index in GPT-2's tensor, both row-major; null if they are equal. */
  readonly at: ((i: number) => number) | null;
}

function placeOf(ourName: string, ourShape: readonly number[]): Place {
  const [, layer, inner, kind] = /^(?:model\.layers\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(ourName)!;
  const name = `${layer === undefined ? "" : `h.${layer}.`}${names[inner]}.${kind}`;
  const linear = /_proj$/.test(inner);
  if (!linear) return { name, shape: ourShape, at: null };
  const part = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"].indexOf(inner);
  const parts = part < 0 ? 1 : 3;
  const [O, I] = ourShape;
  const first = Math.max(part, 0) * O;
  if (I === undefined) return { name, shape: [parts * O], at: (i) => first + i };
  const at = (i: number) => (i % I) * parts * O + first + Math.floor(i / I);
  return { name, shape: [I, parts * O], at };
}

/** Returns a source of tensors that reads GPT-2's tensors from `source`. */
export function fromGpt2(source: TensorSource): TensorSource {
  return (ourName, ourShape) => {
    const { name, shape, at } = placeOf(ourName, ourShape);
    const stored = source(name, shape);
    if (at === null) return stored;
    const size = ourShape.reduce((product, extent) => product * extent, 1);
    return Float64Array.from({ length: size }, (_, i) => stored[at(i)]);
  };
}

/** Returns GPT-2's tensors. */
export function toGpt2(tensors: readonly Tensor[]): Tensor[] {
  const stored = new Map<string, Tensor>();
  for (const tensor of tensors) {
    const { name, shape, at } = placeOf(tensor.name, tensor.shape);
    if (at === null) {
      stored.set(name, { ...tensor, name });
      continue;
    }
    const size = shape.reduce((product, extent) => product * extent, 1);
    const { data } = stored.get(name) ?? { data: new Float64Array(size) };
    for (let i = 0; i < tensor.data.length; i++) data[at(i)] = tensor.data[i];
    stored.set(name, { name, shape, data });
  }
  return [...stored.values()];
}
