import type { Logits } from "../math/logits.ts";
import { type Canary, decoderCanary, withSequences } from "./canary.ts";

/** Bugs of memory: shared, kept, or read where nothing was written. */
export const memoryCanaries: readonly Canary[] = [
  decoderCanary("P-POISON", "what was rewound still weighs in, times zero", (decoder) =>
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
  decoderCanary("P-ALIAS", "a sequence returns one buffer every time", (decoder) =>
    withSequences(decoder, (sequence) => {
      let buffer: Logits | null = null;
      return {
        append: async (tokens) => {
          const logits = await sequence.append(tokens);
          buffer ??= logits.slice();
          buffer.set(logits);
          return buffer;
        },
      };
    }),
  ),
  decoderCanary(
    "P-REUSE",
    "the longest sequence so far leaves its mark on later ones",
    (decoder) => {
      let longest = 0;
      return withSequences(decoder, (sequence) => ({
        append: async (tokens) => {
          const logits = await sequence.append(tokens);
          longest = Math.max(longest, sequence.length);
          return logits.map((logit) => logit + (longest - sequence.length) * 2 ** -20);
        },
      }));
    },
  ),
  decoderCanary("P-FINITE", "the last position of the context sees no key", (decoder) => {
    const { maxPositionEmbeddings: P } = decoder.config;
    const emptied = (logits: Logits) => logits.map((logit) => logit + Number.NaN);
    return withSequences(decoder, (sequence) => ({
      append: async (tokens) => {
        const logits = await sequence.append(tokens);
        return sequence.length < P ? logits : emptied(logits);
      },
      appendAll: async (tokens) => {
        const rows = await sequence.appendAll(tokens);
        return sequence.length < P ? rows : rows.with(-1, emptied(rows.at(-1)!));
      },
    }));
  }),
];
