import {
  type Capability,
  checkAppend,
  checkRewind,
  checkStart,
  type Decoder,
  type Sequence,
} from "../decoder.ts";
import { standardAttention } from "../math/attention.ts";
import type { Logits } from "../math/logits.ts";
import { tiledAttention } from "../math/tiled-attention.ts";
import type { ModelConfig } from "../model/config.ts";
import { checkConfig } from "../model/config.ts";
import type { Weights } from "../model/weights.ts";
import { startBatch } from "./batch.ts";
import { ReferencePass } from "./forward.ts";
import { KvCache } from "./kv-cache.ts";
import { referenceStages } from "./stages.ts";

/** The capabilities of every reference decoder. */
export const referenceCapabilities: ReadonlySet<Capability> = new Set([
  "all-rows",
  "rewind",
  "fork",
  "weights",
  "batch",
  "padding",
  "offset",
  "poison",
  "stages",
]);

/** The attention: all scores of a head at once, or one tile of positions at a time. */
export type ReferenceOptions =
  | { readonly attention: "standard" }
  | { readonly attention: "tiled"; readonly tileSize: number };

/**
 * Returns the reference decoder: float64, with a KV cache. It uses the memory of `weights` itself,
 * and every split of the tokens into calls gives the same logits, bit for bit. Standard and tiled
 * attention differ by rounding.
 */
export function referenceDecoder(
  config: ModelConfig,
  weights: Weights,
  options: ReferenceOptions = { attention: "standard" },
): Decoder {
  checkConfig(config);
  const tiled = options.attention === "tiled";
  const attention = tiled
    ? tiledAttention(options.tileSize)
    : standardAttention(config.maxPositionEmbeddings);
  const pass = new ReferencePass(config, weights, attention);
  return {
    name: tiled ? "reference-tiled" : "reference",
    config,
    weights,
    capabilities: referenceCapabilities,
    start: async (position = 0) => {
      checkStart(config, position);
      const fits = config.maxPositionEmbeddings - position;
      return new ReferenceSequence({ ...config, maxPositionEmbeddings: fits }, pass, position);
    },
    startBatch: async (rows) => startBatch(config, pass, rows),
    stages: async (tokens) => {
      checkAppend(config, 0, tokens);
      return referenceStages(config, pass, tokens);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

class ReferenceSequence implements Sequence {
  readonly #config: ModelConfig;
  readonly #pass: ReferencePass;
  readonly #position: number;
  readonly #cache: KvCache;
  #length = 0;

  /** @param config with P reduced to the tokens that fit after `position` */
  constructor(config: ModelConfig, pass: ReferencePass, position: number) {
    this.#config = config;
    this.#pass = pass;
    this.#position = position;
    this.#cache = new KvCache(config);
  }

  get length(): number {
    return this.#length;
  }

  async append(tokens: readonly number[]): Promise<Logits> {
    checkAppend(this.#config, this.#length, tokens);
    for (const token of tokens) this.#step(token);
    return this.#pass.logits();
  }

  async appendAll(tokens: readonly number[]): Promise<Logits[]> {
    checkAppend(this.#config, this.#length, tokens);
    return tokens.map((token) => {
      this.#step(token);
      return this.#pass.logits();
    });
  }

  #step(token: number): void {
    this.#pass.step(this.#cache, token, this.#length, this.#position + this.#length);
    this.#length++;
  }

  async rewind(length: number): Promise<void> {
    checkRewind(this.#length, length);
    this.#length = length;
  }

  async fork(): Promise<Sequence> {
    const copy = new ReferenceSequence(this.#config, this.#pass, this.#position);
    copy.#cache.copyFrom(this.#cache, this.#length);
    copy.#length = this.#length;
    return copy;
  }

  async poison(): Promise<void> {
    this.#cache.poison(this.#length);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
