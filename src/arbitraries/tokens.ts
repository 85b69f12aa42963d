import fc from "fast-check";
import type { ModelConfig } from "../model/config.ts";

/**
 * Returns raw token ids, before a vocabulary is chosen. They are drawn independently of the model,
 * so that both shrink; {@link tokensOf} reduces them modulo V.
 */
export function rawTokens(minLength = 1, maxLength = 12): fc.Arbitrary<number[]> {
  return fc.array(fc.nat({ max: 1 << 20 }), { minLength, maxLength });
}

/** Returns raw ids as ids of this model: each modulo V, at most `room` of them. */
export function tokensOf(
  {
    vocabSize: V,
    maxPositionEmbeddings: P,
  }: Pick<ModelConfig, "vocabSize" | "maxPositionEmbeddings">,
  raw: readonly number[],
  room = P,
): number[] {
  return raw.slice(0, room).map((id) => id % V);
}
