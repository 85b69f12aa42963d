import type { LayerStages } from "../decoder.ts";
import { activate, gateSilu } from "../math/activation.ts";
import type { AttentionKernel } from "../math/attention.ts";
import { addLowRank, linear } from "../math/linear.ts";
import { layerNorm, rmsNorm } from "../math/norm.ts";
import { addSinusoid, ropeFrequencies, rotate } from "../math/positions.ts";
import type { ModelConfig } from "../model/config.ts";
import type { LayerWeights, Linear, Norm, Weights } from "../model/weights.ts";
import type { KvCache } from "./kv-cache.ts";

/** Called with the row of every finished stage; the next position overwrites the row. */
export type StageWatch = (
  stage: "embedding" | "final" | keyof LayerStages,
  row: Float64Array,
) => void;

const unwatched: StageWatch = () => {};

/**
 * The forward pass, one position at a time, in memory that is allocated once.
 *
 * Every chunk of tokens is a loop over this step, so cached, uncached, chunked, rewound and forked
 * runs do the same operations in the same order, and agree bit for bit.
 */
export class ReferencePass {
  readonly #config: ModelConfig;
  readonly #weights: Weights;
  readonly #attention: AttentionKernel;
  readonly #frequencies: Float64Array | null;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  /** The residual stream, and the input of a sublayer or of the head: `[D]` each. */
  readonly #x: Float64Array;
  readonly #normed: Float64Array;
  readonly #output: Float64Array;
  /** `[N * H]`, `[K * H]`, `[K * H]`, `[N * H]` */
  readonly #query: Float64Array;
  readonly #key: Float64Array;
  readonly #value: Float64Array;
  readonly #mixed: Float64Array;
  /** `[F]` */
  readonly #gate: Float64Array;
  readonly #up: Float64Array;

  constructor(config: ModelConfig, weights: Weights, attention: AttentionKernel) {
    const { hiddenSize: D, intermediateSize: F, headDim: H } = config;
    const { numAttentionHeads: N, numKeyValueHeads: K } = config;
    this.#config = config;
    this.#weights = weights;
    this.#attention = attention;
    this.#frequencies = config.positions === "rope" ? ropeFrequencies(config) : null;
    this.#cos = new Float64Array(this.#frequencies?.length ?? 0);
    this.#sin = new Float64Array(this.#cos.length);
    this.#x = new Float64Array(D);
    this.#normed = new Float64Array(D);
    this.#output = new Float64Array(D);
    this.#query = new Float64Array(N * H);
    this.#key = new Float64Array(K * H);
    this.#value = new Float64Array(K * H);
    this.#mixed = new Float64Array(N * H);
    this.#gate = new Float64Array(config.feedForward === "swiglu" ? F : 0);
    this.#up = new Float64Array(F);
  }

  /**
   * Runs one token through every block.
   *
   * @param index number of tokens in the cache: the index of this token's keys and values
   * @param position the token's position, for position embeddings and RoPE
   * @param watch called with every stage
   */
  step(cache: KvCache, token: number, index: number, position: number, watch = unwatched): void {
    const { layers } = this.#weights;
    this.#embed(token, position);
    watch("embedding", this.#x);
    this.#turn(position);
    for (let l = 0; l < layers.length; l++) {
      this.#attend(layers[l], cache, l, index, watch);
      watch("afterAttention", this.#x);
      this.#feedForward(layers[l]);
      watch("output", this.#x);
    }
  }

  /** Returns the logits of the last position that {@link step} ran, `[V]`, in new memory. */
  logits(watch = unwatched): Float64Array {
    const { norm, lmHead } = this.#weights;
    if (norm !== null) this.#norm(this.#normed, norm);
    const final = norm === null ? this.#x : this.#normed;
    watch("final", final);
    const logits = new Float64Array(this.#config.vocabSize);
    project(logits, lmHead, final);
    return logits;
  }

  #embed(token: number, position: number): void {
    const { hiddenSize: D, positions } = this.#config;
    const { embedTokens, embedPositions } = this.#weights;
    const x = this.#x;
    for (let d = 0; d < D; d++) x[d] = embedTokens[token * D + d];
    if (positions === "sinusoidal") addSinusoid(x, position);
    if (embedPositions !== null) {
      for (let d = 0; d < D; d++) x[d] += embedPositions[position * D + d];
    }
  }

  /** Computes the cosines and sines of a position, shared by all layers and heads. */
  #turn(position: number): void {
    if (this.#frequencies === null) return;
    for (let i = 0; i < this.#frequencies.length; i++) {
      const angle = position * this.#frequencies[i];
      this.#cos[i] = Math.cos(angle);
      this.#sin[i] = Math.sin(angle);
    }
  }

  #attend(layer: LayerWeights, cache: KvCache, l: number, index: number, watch: StageWatch): void {
    const { headDim: H, slidingWindow } = this.#config;
    this.#norm(this.#normed, layer.inputLayernorm);
    project(this.#query, layer.qProj, this.#normed);
    project(this.#key, layer.kProj, this.#normed);
    project(this.#value, layer.vProj, this.#normed);
    this.#place(this.#query, layer.qNorm);
    this.#place(this.#key, layer.kNorm);
    watch("query", this.#query);
    watch("key", this.#key);
    watch("value", this.#value);
    cache.write(l, index, this.#key, this.#value);
    const first = slidingWindow === null ? 0 : Math.max(0, index - slidingWindow + 1);
    this.#attention.attend(this.#mixed, this.#query, cache.layers[l], H, first, index);
    watch("mixed", this.#mixed);
    project(this.#output, layer.oProj, this.#mixed);
    this.#addOutput();
  }

  /** Applies the norm of queries or keys, then RoPE. */
  #place(heads: Float64Array, norm: Norm | null): void {
    const { headDim: H, normEps, ropeLayout } = this.#config;
    if (norm !== null) {
      for (let start = 0; start < heads.length; start += H) {
        rmsNorm(heads, heads, norm.weight, normEps, start);
      }
    }
    if (this.#frequencies !== null) rotate(heads, H, this.#cos, this.#sin, ropeLayout);
  }

  #feedForward(layer: LayerWeights): void {
    const { feedForward } = this.#config;
    this.#norm(this.#normed, layer.postAttentionLayernorm);
    project(this.#up, layer.upProj, this.#normed);
    if (feedForward === "swiglu") {
      project(this.#gate, layer.gateProj!, this.#normed);
      gateSilu(this.#up, this.#gate);
    } else {
      activate(this.#up, feedForward);
    }
    project(this.#output, layer.downProj, this.#up);
    this.#addOutput();
  }

  #norm(out: Float64Array, { weight, bias }: Norm): void {
    const { norm, normEps } = this.#config;
    if (norm === "rmsnorm") rmsNorm(out, this.#x, weight, normEps);
    else layerNorm(out, this.#x, weight, bias!, normEps);
  }

  /** The residual connection. */
  #addOutput(): void {
    for (let d = 0; d < this.#x.length; d++) this.#x[d] += this.#output[d];
  }
}

function project(out: Float64Array, { weight, bias, lora }: Linear, x: Float64Array): void {
  linear(out, weight, bias, x);
  if (lora !== null) addLowRank(out, lora.a, lora.b, lora.alpha / lora.rank, x);
}
