import { checkAppend, checkRewind, type Decoder, type Sequence } from "../decoder.ts";
import type { Logits } from "../math/logits.ts";
import { type ModelConfig, modelConfig } from "../model/config.ts";

/**
 * Returns a decoder with given logits, for laws of sampling and generation: they choose the
 * distributions, over vocabularies as small as two.
 *
 * @param rowAfter returns the logits after these tokens, `[V]`
 */
export function scriptedDecoder(
  vocabSize: number,
  maxPositionEmbeddings: number,
  rowAfter: (tokens: readonly number[]) => Logits,
): Decoder {
  const config = smallestConfig(vocabSize, maxPositionEmbeddings);
  return {
    name: "scripted",
    config,
    capabilities: new Set(["all-rows", "rewind", "fork"]),
    start: async () => scriptedSequence(config, rowAfter, []),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Returns the index of one of `count` rows, a hash of all tokens and of their number. */
export function rowIndex(tokens: readonly number[], count: number): number {
  return tokens.reduce((hash, token) => (hash * 31 + token + 7) % 65_521, 1) % count;
}

function scriptedSequence(
  config: ModelConfig,
  rowAfter: (tokens: readonly number[]) => Logits,
  start: readonly number[],
): Sequence {
  let held = [...start];
  const append = async (tokens: readonly number[]) => {
    checkAppend(config, held.length, tokens);
    held.push(...tokens);
    return rowAfter(held);
  };
  return {
    get length() {
      return held.length;
    },
    append,
    appendAll: async (tokens) => {
      checkAppend(config, held.length, tokens);
      return tokens.map((token) => {
        held.push(token);
        return rowAfter(held);
      });
    },
    rewind: async (length) => {
      checkRewind(held.length, length);
      held = held.slice(0, length);
    },
    fork: async () => scriptedSequence(config, rowAfter, held),
    [Symbol.asyncDispose]: async () => {},
  };
}

function smallestConfig(vocabSize: number, maxPositionEmbeddings: number): ModelConfig {
  return modelConfig({
    vocabSize,
    maxPositionEmbeddings,
    hiddenSize: 2,
    intermediateSize: 1,
    numHiddenLayers: 1,
    numAttentionHeads: 1,
  });
}
