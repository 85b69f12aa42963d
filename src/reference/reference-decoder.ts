import type { ModelConfig } from "../config.ts";
import { checkConfig } from "../config.ts";
import {
  type Capability,
  checkAppend,
  checkRewind,
  type Decoder,
  type Sequence,
} from "../decoder.ts";
import type { Logits } from "../logits.ts";
import type { Weights } from "../weights.ts";
import { ForwardPass } from "./forward.ts";
import { KvCache } from "./kv-cache.ts";

const offered: ReadonlySet<Capability> = new Set(["all-rows", "rewind", "fork", "weights"]);

/**
 * The reference decoder: float64, with a KV cache. It computes with the very memory of `weights`,
 * and every way of cutting tokens into calls gives the same logits, bit for bit.
 */
export function referenceDecoder(config: ModelConfig, weights: Weights): Decoder {
  checkConfig(config);
  const pass = new ForwardPass(config, weights);
  return {
    name: "reference",
    config,
    weights,
    capabilities: offered,
    start: async () => new ReferenceSequence(config, pass, new KvCache(config), 0),
    [Symbol.asyncDispose]: async () => {},
  };
}

class ReferenceSequence implements Sequence {
  readonly #config: ModelConfig;
  readonly #pass: ForwardPass;
  readonly #cache: KvCache;
  #length: number;

  constructor(config: ModelConfig, pass: ForwardPass, cache: KvCache, length: number) {
    this.#config = config;
    this.#pass = pass;
    this.#cache = cache;
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  async append(tokens: readonly number[]): Promise<Logits> {
    checkAppend(this.#config, this.#length, tokens);
    for (const token of tokens) this.#pass.step(this.#cache, token, this.#length++);
    return this.#pass.logits();
  }

  async appendAll(tokens: readonly number[]): Promise<Logits[]> {
    checkAppend(this.#config, this.#length, tokens);
    return tokens.map((token) => {
      this.#pass.step(this.#cache, token, this.#length++);
      return this.#pass.logits();
    });
  }

  async rewind(length: number): Promise<void> {
    checkRewind(this.#length, length);
    this.#length = length;
  }

  async fork(): Promise<Sequence> {
    const cache = new KvCache(this.#config);
    cache.copyFrom(this.#cache, this.#length);
    return new ReferenceSequence(this.#config, this.#pass, cache, this.#length);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
