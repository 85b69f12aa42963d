import fc from "fast-check";
import type { ModelConfig } from "../model/config.ts";

/**
 * Returns raw token ids, before a vocabulary is chosen. They are drawn independently of the model,
 * so that both shrink; {@link tokensOf} reduces them modulo V.
 */
export function rawTokens(minLength = 1, maxLength = 12): fc.Arbitrary<number[]> {
  return asRaw(fc.array(fc.nat({ max: 1 << 20 }), { minLength, maxLength }));
}

const rawIds = new WeakSet<readonly number[]>();

/** Marks generated arrays as raw token ids. */
export function asRaw(ids: fc.Arbitrary<number[]>): fc.Arbitrary<number[]> {
  return ids.map((raw) => {
    rawIds.add(raw);
    return raw;
  });
}

/** Returns true if a generator made this array as raw token ids. */
export function isRaw(value: unknown): value is number[] {
  return Array.isArray(value) && rawIds.has(value);
}

/** No context of a small model is longer. */
export const longestSmallContext = 28;

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

/** A change of one token to the id that is a power of two away. */
export interface Twin {
  readonly at: number;
  readonly power: number;
}

/** Returns changes of one token, for laws on ids that agree in their lowest bits. */
export function twins(): fc.Arbitrary<Twin> {
  const power = fc.oneof(fc.constant(16), fc.integer({ min: 1, max: 16 }));
  return fc.record({ at: fc.nat({ max: 12 }), power });
}

/** Returns two texts that differ in one id, by a power of two: by the largest below V at most. */
export function twinsOf(
  { vocabSize: V }: Pick<ModelConfig, "vocabSize">,
  tokens: readonly number[],
  { at, power }: Twin,
): [number[], number[]] {
  const place = at % tokens.length;
  const shift = 2 ** Math.min(power, Math.floor(Math.log2(Math.max(1, V - 1))));
  const first = tokens[place] % Math.max(1, V - shift);
  return [tokens.with(place, first), tokens.with(place, (first + shift) % V)];
}
