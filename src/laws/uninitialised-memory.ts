import fc from "fast-check";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { checkHistory, type HistoryCase, histories } from "./support/history.ts";
import { withSequences } from "./support/wrapped.ts";

export const uninitialisedMemory = law<HistoryCase>({
  id: "uninitialised-memory",
  name: "memory beyond the tokens held is never read",
  chapter: "memory",
  statement:
    "With NaN in everything that a sequence remembers beyond its tokens, written before every call, any history gives the same logits.",
  source: "0 * NaN = NaN: a mask that multiplies does not hide what it masks",
  catches:
    "masks sized by the allocated memory, fresh blocks read before they are written, rewound keys that still have a weight",
  needs: ["poison"],
  precondition: { name: "an append after a rewind, a fork or on a second sequence", floor: 0.3 },
  cases: (subject, sizes) =>
    fc.record({ candidate: subject.candidates, calls: histories(subject.capabilities, sizes) }),
  check: (history, subject) => checkHistory(history, subject, (sequence) => sequence.poison!()),
  canaries: [
    decoderCanary("rewound keys still enter the sum, times zero", (decoder) =>
      withSequences(decoder, (sequence) => {
        let rewound = false;
        let poisoned = false;
        return {
          append: async (tokens) => {
            const logits = await sequence.append(tokens);
            const memory = rewound && poisoned ? Number.NaN : 1;
            return logits.map((logit) => logit + 0 * memory);
          },
          rewind: async (length) => {
            rewound = true;
            await sequence.rewind(length);
          },
          poison: async () => {
            poisoned = true;
            await sequence.poison!();
          },
        };
      }),
    ),
  ],
});
