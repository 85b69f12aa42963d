import type { Decoder } from "../../decoder.ts";
import type { Logits } from "../../math/logits.ts";
import type { Candidate } from "../../subjects/subject.ts";

/** The logits after the last token of a sequence that has never seen another call. */
export async function cold(decoder: Decoder, tokens: readonly number[]): Promise<Logits> {
  await using sequence = await decoder.start();
  return await sequence.append(tokens); // before the sequence is disposed of
}

export interface TokenCase {
  candidate: Candidate;
  tokens: number[];
}
