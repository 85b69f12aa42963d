/**
 * The small models of the two courses in src/courses, and of two introductions to decoder-only
 * models. Choices that their texts leave open are made here, each with a comment.
 */
import { type ConfigInput, modelConfig } from "../config.ts";
import type { NamedModel } from "./named-model.ts";
import { tinyWords } from "./tiny-words.ts";

/** The norm and the positions of GPT-2 and its descendants. */
const gptStyle = { norm: "layernorm", positions: "learned" } as const;

/** The demo states no context; 2,048 tokens hold every run that it describes. */
const demo = {
  vocabSize: 256,
  hiddenSize: 64,
  intermediateSize: 172,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  maxPositionEmbeddings: 2048,
  tieWordEmbeddings: true,
} satisfies ConfigInput;

/**
 * The assignment gives no bias to q, k and v, so every other linear layer has one: 148,300
 * parameters.
 */
const assignment = {
  ...gptStyle,
  vocabSize: 1000,
  hiddenSize: 50,
  intermediateSize: 100,
  numHiddenLayers: 2,
  numAttentionHeads: 1,
  maxPositionEmbeddings: 128,
  feedForward: "relu",
  attentionOutputBias: true,
  mlpBias: true,
  lmHeadBias: true,
} satisfies ConfigInput;

/**
 * The introduction leaves W_o, norms, biases, positions and the head open. Here they are GPT's, and
 * the head is a separate matrix without bias: 105,152 parameters. Tied it would have 20 * 64 fewer,
 * 103,872; the summary prints both.
 */
const tiny = {
  ...gptStyle,
  vocabSize: tinyWords.length,
  hiddenSize: 64,
  intermediateSize: 128,
  numHiddenLayers: 3,
  numAttentionHeads: 1,
  maxPositionEmbeddings: 32,
  feedForward: "relu",
  attentionBias: true,
  attentionOutputBias: true,
  mlpBias: true,
} satisfies ConfigInput;

/**
 * The overview is an outline without sizes: pre-norm, four query heads to one key-value head, GELU
 * between two linear layers, learned or sinusoidal positions, a tied head. The sizes are chosen
 * here, and the vocabulary holds its example ids, the largest of which is 999.
 */
const overview = {
  ...gptStyle,
  vocabSize: 1000,
  hiddenSize: 64,
  intermediateSize: 256,
  numHiddenLayers: 2,
  numAttentionHeads: 8,
  numKeyValueHeads: 2,
  maxPositionEmbeddings: 128,
  feedForward: "gelu",
  attentionBias: true,
  attentionOutputBias: true,
  mlpBias: true,
  tieWordEmbeddings: true,
} satisfies ConfigInput;

const assignmentSource = "from a course assignment: a two-layer decoder with and without KV cache";
const tinySource = "from an introduction: a tiny causal language model, inference only";
const overviewSource = "from an overview of the decoder-only architecture";

export const courseModels: readonly NamedModel[] = [
  {
    name: "demo",
    title: "Causal decoding demo",
    source: "from a course on causal decoding, the model of its six examples",
    config: modelConfig(demo),
  },
  {
    name: "assignment",
    title: "Two-layer single-head decoder",
    source: assignmentSource,
    config: modelConfig(assignment),
  },
  {
    name: "assignment-long",
    title: "Two-layer single-head decoder, context 1,024",
    source: `${assignmentSource}; the context raised to hold its benchmark of 1,000 + 20 tokens`,
    config: modelConfig({ ...assignment, maxPositionEmbeddings: 1024 }),
  },
  {
    name: "tiny",
    title: "Tiny causal language model",
    source: tinySource,
    config: modelConfig(tiny),
  },
  {
    name: "tiny-long",
    title: "Tiny causal language model, context 10,000",
    source: `${tinySource}; a context long enough to feel the cost of recomputation`,
    config: modelConfig({ ...tiny, maxPositionEmbeddings: 10_000 }),
  },
  {
    name: "overview",
    title: "Decoder-only overview, learned positions",
    source: overviewSource,
    config: modelConfig(overview),
  },
  {
    name: "overview-sinusoidal",
    title: "Decoder-only overview, sinusoidal positions",
    source: overviewSource,
    config: modelConfig({ ...overview, positions: "sinusoidal" }),
  },
];
