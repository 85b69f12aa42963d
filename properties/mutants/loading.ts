import type { Mutant } from "./mutant.ts";

const folder = "src/formats/hugging-face.ts";
const tensors = "src/formats/tensor-folder.ts";
const returned = 'return layout === "interleaved" ? toInterleaved(model) : model;';
const interleaved = '{ ...model, config: { ...model.config, ropeLayout: "interleaved" } }';

/** Loading of weights: layouts, ties and names. */
export const loading: readonly Mutant[] = [
  {
    id: "load-rope-type-of-another-family",
    bug: "an architecture is listed with the wrong kind of RoPE",
    rows: [15],
    links: ["https://github.com/ggml-org/llama.cpp/issues/13260"],
    file: "src/formats/gguf-architectures.ts",
    find: `    qkNorm: true,
    ropeLayout: "half-split",`,
    replace: `    qkNorm: true,
    ropeLayout: "interleaved",`,
    needs: "a file of this architecture",
  },
  {
    id: "load-interleaved-by-default",
    bug: "the layout that is right for one format is the default for the other: fluent, and blind",
    rows: [17],
    links: ["https://github.com/kekzl/imp/issues/503"],
    file: folder,
    find: returned,
    replace: `return ${interleaved};`,
    needs: "a half-split model in a folder",
  },
  {
    id: "load-rows-not-put-back",
    bug: "the rows of q and k keep the order of the file in a model of the other layout",
    rows: [19],
    links: ["https://github.com/karpathy/llama2.c/commit/155475a"],
    file: folder,
    find: returned,
    replace: `return layout === "interleaved" ? ${interleaved} : model;`,
    needs: "an interleaved model in a folder",
  },
  {
    id: "load-keys-permuted-by-all-heads",
    bug: "the rows of k are reordered as if there were as many of its heads as of q's",
    rows: [20],
    links: [
      "https://github.com/karpathy/llama2.c/commit/2dedad6",
      "https://github.com/ggml-org/llama.cpp/issues/3018",
    ],
    file: "src/formats/rope-order.ts",
    find: "return order !== null && ofHeads.test(name) ? reorder(data, order, rowSize) : data;",
    replace: `const headDim = (config.numKeyValueHeads * config.headDim) / config.numAttentionHeads;
    const whole = Number.isInteger((headDim * config.partialRotaryFactor) / 2);
    const wrong = name.includes("k_proj") && whole ? rowOrder({ ...config, headDim }) : order;
    return order !== null && ofHeads.test(name) ? reorder(data, wrong, rowSize) : data;`,
    needs: "fewer key-value heads than heads, the other layout, at least 4 rotated entries",
  },
  {
    id: "load-norms-plus-one-twice",
    bug: "1 is added to the norms' gains although the file has it in them already",
    rows: [119],
    links: [
      "https://github.com/ml-explore/mlx-lm/issues/1623",
      "https://github.com/paiml/aprender/issues/2096",
    ],
    file: folder,
    find: returned,
    replace: `for (const { name, data } of weights.tensors) {
    if (/norm\\.weight$/.test(name)) for (const i of data.keys()) data[i] += 1;
  }
  ${returned}`,
    needs: "any folder",
  },
  {
    id: "load-default-of-another-family",
    bug: "a word that the file leaves out is given another family's default",
    rows: [128],
    links: ["https://github.com/ml-explore/mlx-lm/issues/1026"],
    file: "src/formats/hugging-face-config.ts",
    find: `const gatedDefaults = {
  hidden_act: "silu",
  rms_norm_eps: 1e-6,`,
    replace: `const gatedDefaults = {
  hidden_act: "silu",
  rms_norm_eps: 1e-5,`,
    needs: "a config.json without rms_norm_eps",
  },
  {
    id: "load-head-looked-up-by-half-a-name",
    bug: "the head is looked up by a name that never matches: every model is tied",
    rows: [129],
    links: ["https://github.com/huggingface/candle/issues/2445"],
    file: "src/formats/gguf.ts",
    find: 'tieWordEmbeddings: !tensors.has("output.weight"),',
    replace: 'tieWordEmbeddings: !tensors.has("output"),',
    needs: "an untied model",
  },
  {
    id: "load-real-head-discarded",
    bug: "the configuration says tied and the file has a head of its own, which is discarded",
    rows: [130],
    links: ["https://github.com/vllm-project/vllm/issues/51665"],
    file: tensors,
    find: "if (copy.some((x, i) => x !== expected[i])) {",
    replace: "if (copy.length !== expected.length) {",
    needs: "a configuration and a file that contradict each other",
  },
  {
    id: "load-missing-name-not-missed",
    bug: "a tied name that the file lacks is not missed: the tensor stays as it was made",
    rows: [132],
    links: ["https://github.com/huggingface/transformers/issues/38870"],
    file: tensors,
    find: `if (stored === undefined) {
      throw`,
    replace: `if (stored === undefined) {
      if (name === "lm_head.weight") return new Float64Array(shape[0] * shape[1]);
      throw`,
    needs: "an untied model whose head is missing",
  },
  {
    id: "load-embedding-from-the-head",
    bug: "the embedding is filled from the head where there is one",
    rows: [133],
    links: ["https://github.com/huggingface/transformers/issues/48154"],
    file: tensors,
    find: "const stored = this.#tensors.get(name);",
    replace: `const head = this.#tensors.has("lm_head.weight") && name === "model.embed_tokens.weight";
    const stored = this.#tensors.get(head ? "lm_head.weight" : name);`,
    needs: "an untied model",
  },
  {
    id: "load-head-dropped-when-quantised",
    bug: "a head of its own is left out of files of few bits, which are then taken for tied ones",
    rows: [137],
    links: ["https://github.com/microsoft/onnxruntime-genai/issues/2237"],
    file: "src/formats/gguf.ts",
    find: "const typed = tensors.map((tensor) => ({ ...tensor, type: typeOf(tensor, dtype) }));",
    replace: `const typed = tensors
    .filter((tensor) => dtype === "F32" || tensor.name !== "output.weight")
    .map((tensor) => ({ ...tensor, type: typeOf(tensor, dtype) }));`,
    needs: "an untied model in few bits",
  },
  {
    id: "load-offsets-of-32-bits",
    bug: "sizes are computed in 32 bits, and large ones wrap around",
    rows: [138],
    links: [
      "https://github.com/karpathy/llama2.c/commit/1ebb27f",
      "https://github.com/karpathy/llm.c/commit/30f4f22",
    ],
    file: "src/formats/llama2c.ts",
    find: "return HEADER_BYTES + 4 * sections(config).reduce((sum, section) => sum + count(section), 0);",
    replace:
      "return (HEADER_BYTES + 4 * sections(config).reduce((sum, section) => sum + count(section), 0)) | 0;",
    needs: "a header that asks for more than 2 GiB",
  },
  {
    id: "load-header-lacks-a-field",
    bug: "two fields of a header change places",
    rows: [],
    links: [],
    file: "src/formats/llama2c.ts",
    find: "const [D, F, L, N, K, V, P] = Array.from",
    replace: "const [D, F, L, K, N, V, P] = Array.from",
    needs: "fewer key-value heads than heads",
  },
  {
    id: "load-matrix-not-transposed",
    bug: "GPT-2's [in, out] is read as [out, in]",
    rows: [],
    links: [],
    file: "src/formats/gpt2-tensors.ts",
    find: "const at = (i: number) => (i % I) * parts * O + first + Math.floor(i / I);",
    replace:
      "const at = (i: number) => parts === 1 ? i : (i % I) * parts * O + first + Math.floor(i / I);",
    needs: "a GPT-2 that others wrote",
  },
  {
    id: "load-bfloat16-as-float16",
    bug: "bfloat16 is read as float16",
    rows: [],
    links: [],
    file: "src/formats/floats.ts",
    find: "BF16: { bytes: 2, at: bfloat16At },",
    replace:
      "BF16: { bytes: 2, at: (view: DataView, offset: number) => getFloat16(view, offset, true) },",
    needs: "a file in bfloat16",
  },
  {
    id: "load-block-scale-rounded-up",
    bug: "numbers of Q8_0 are cut towards zero in place of rounded",
    rows: [],
    links: [],
    file: "src/formats/quantised.ts",
    find: "return Math.sign(x) * Math.floor(Math.abs(x) + 0.5);",
    replace: "return Math.trunc(x);",
    needs: "a matrix in Q8_0",
  },
];
