import fc from "fast-check";
import type { SamplingOptions } from "../sampling/sample-token.ts";

/**
 * Options of a sampler, each given or left out by itself. At most one sequence is banned, so that
 * no more than one token is lost to it.
 */
export function samplingOptions(): fc.Arbitrary<SamplingOptions> {
  return fc.record(
    {
      temperature: fc.constantFrom(1, 0.5, 2, 0.8, 4),
      topK: fc.nat({ max: 6 }),
      topP: fc.oneof(fc.constantFrom(0.5, 0.75, 0.9, 1, 0), fc.nat(1000).map(thousandths)),
      minP: fc.oneof(fc.constantFrom(0.5, 0.25, 0.1, 0, 1), fc.nat(1000).map(thousandths)),
      repetitionPenalty: fc.constantFrom(1.3, 2, 4, 1, 0.5),
      frequencyPenalty: fc.constantFrom(0.5, 1, 2, 0, -0.5),
      presencePenalty: fc.constantFrom(0.5, 1, 2, 0, -0.5),
      bannedSequences: fc.array(rawSequence(), { maxLength: 1 }),
    },
    { requiredKeys: [] },
  );
}

/** The options with the ids of banned sequences folded into a vocabulary. */
export function optionsOf<T extends SamplingOptions>(vocabSize: number, options: T): T {
  if (options.bannedSequences === undefined) return options;
  const folded = options.bannedSequences.map((ids) => ids.map((id) => id % vocabSize));
  return { ...options, bannedSequences: folded };
}

/** Ids before a vocabulary is known. Small, so that sequences come up in texts. */
function rawSequence(): fc.Arbitrary<number[]> {
  return fc.array(fc.nat({ max: 15 }), { minLength: 1, maxLength: 3, size: "max" });
}

const thousandths = (x: number) => x / 1000;
