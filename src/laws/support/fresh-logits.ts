import type { Decoder } from "../../decoder.ts";
import type { Logits } from "../../math/logits.ts";
import type { Candidate } from "../../subjects/subject.ts";

/** Returns the logits after the last token, from a new sequence in one call. */
export async function freshLogits(decoder: Decoder, tokens: readonly number[]): Promise<Logits> {
  await using sequence = await decoder.start();
  return await sequence.append(tokens); // before the sequence is disposed of
}

/** A decoder and raw tokens. */
export interface TokenCase {
  candidate: Candidate;
  tokens: number[];
}
