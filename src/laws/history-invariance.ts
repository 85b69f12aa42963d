import fc from "fast-check";
import type { Sequence } from "../decoder.ts";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { checkHistory, type HistoryCase, histories } from "./support/history.ts";
import { violationOn } from "./support/violation.ts";
import { changedSequence } from "./support/wrapped.ts";

export const historyInvariance = law<HistoryCase>({
  id: "history-invariance",
  name: "only the tokens held matter",
  chapter: "cache",
  statement:
    "After any history of start, append, rewind and fork over several sequences, every append gives the logits of a new sequence with the same tokens.",
  source: "a cache is a pure function of the tokens held",
  catches:
    "caches that lose, misplace, keep or share a position; state that one call leaves to the next",
  needs: [],
  precondition: { name: "an append after a rewind, a fork or on a second sequence", floor: 0.3 },
  cases: (subject, sizes) =>
    fc.record({ candidate: subject.candidates, calls: histories(subject.capabilities, sizes) }),
  check: (history, subject) => checkHistory(history, subject),
  canaries: [
    decoderCanary(
      "after a second start, the logits of the first sequence are off",
      (decoder, model, subject) => {
        const violate = violationOn(subject, model);
        let newest: Sequence | null = null;
        return {
          ...decoder,
          start: async () => {
            const sequence = await decoder.start();
            newest = sequence;
            return changedSequence(sequence, () => ({
              append: async (tokens) => {
                const logits = await sequence.append(tokens);
                return newest === sequence ? logits : violate(logits, 1);
              },
            }));
          },
        };
      },
    ),
  ],
});
