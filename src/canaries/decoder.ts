import type { Sequence } from "../decoder.ts";
import type { Logits } from "../math/logits.ts";
import { type Canary, changed, decoderCanary, withSequences } from "./canary.ts";

const nudged = (logits: Logits, by: number) => logits.map((logit) => logit + by);

/** Bugs of decoders and their caches. */
export const decoderCanaries: readonly Canary[] = [
  decoderCanary("P-CAUS", "every row sees the last token", (decoder) =>
    withSequences(decoder, (sequence) => ({
      appendAll: async (tokens) => {
        const rows = await sequence.appendAll(tokens);
        return rows.map((row) => nudged(row, (tokens.at(-1)! + 1) * 2 ** -20));
      },
    })),
  ),
  decoderCanary("P-LIVE", "every second token of a call is read as token 0", (decoder) =>
    withSequences(decoder, (sequence) => ({
      appendAll: (tokens) => sequence.appendAll(tokens.map((token, i) => (i % 2 ? 0 : token))),
    })),
  ),
  decoderCanary("P-CACHE", "a single token forgets what came before", (decoder) =>
    withSequences(decoder, (sequence) => ({
      append: async (tokens) => {
        if (tokens.length > 1) return sequence.append(tokens);
        await sequence.append(tokens);
        await using alone = await decoder.start();
        return await alone.append(tokens);
      },
    })),
  ),
  decoderCanary("P-CHUNK", "a chunk on a cache is read in reverse", (decoder) => {
    const misread = (sequence: Sequence, tokens: readonly number[]) =>
      sequence.length === 0 ? tokens : tokens.toReversed();
    return withSequences(decoder, (sequence) => ({
      append: (tokens) => sequence.append(misread(sequence, tokens)),
      appendAll: (tokens) => sequence.appendAll(misread(sequence, tokens)),
    }));
  }),
  decoderCanary("P-ROLL", "a rewind keeps one token too many", (decoder) =>
    withSequences(decoder, (sequence) => {
      let kept = 0; // tokens that the inner sequence holds and should not
      return {
        get length() {
          return sequence.length - kept;
        },
        append: (tokens) => sequence.append(tokens),
        rewind: async (length) => {
          const wanted = Math.min(length + kept + 1, sequence.length);
          await sequence.rewind(wanted);
          kept = wanted - length;
        },
      };
    }),
  ),
  decoderCanary("P-FORK", "a fork is the same sequence", (decoder) =>
    withSequences(decoder, (sequence) => ({ fork: async () => sequence })),
  ),
  decoderCanary("P-HISTORY", "after a second start, the first sequence is nudged", (decoder) => {
    let newest: Sequence | null = null;
    return {
      ...decoder,
      start: async () => {
        const sequence = await decoder.start();
        newest = sequence;
        return changed(sequence, () => ({
          append: async (tokens) => {
            const logits = await sequence.append(tokens);
            return newest === sequence ? logits : nudged(logits, 2 ** -20);
          },
        }));
      },
    };
  }),
  decoderCanary("P-GOLD", "logits are larger by a thousandth", (decoder) => {
    const scale = (logits: Logits) => logits.map((logit) => logit * 1.001);
    return withSequences(decoder, (sequence) => ({
      append: async (tokens) => scale(await sequence.append(tokens)),
      appendAll: async (tokens) => (await sequence.appendAll(tokens)).map(scale),
    }));
  }),
  decoderCanary("P-BOUND", "the last position is refused", (decoder) =>
    withSequences(decoder, (sequence) => ({
      append: async (tokens) => {
        if (sequence.length + tokens.length >= decoder.config.maxPositionEmbeddings) {
          throw new RangeError("append: full");
        }
        return sequence.append(tokens);
      },
    })),
  ),
  decoderCanary("P-ERRORS", "illegal ids are clamped", (decoder) => {
    const last = decoder.config.vocabSize - 1;
    const clamp = (token: number) => Math.max(0, Math.min(last, Math.trunc(token) || 0));
    return withSequences(decoder, (sequence) => ({
      append: (tokens) => sequence.append(tokens.map(clamp)),
    }));
  }),
  decoderCanary(
    "P-TIE",
    "head and embedding trade places: tied is copied, untied is shared",
    (d) => {
      const weights = d.weights;
      if (weights === undefined) return d;
      const weight = d.config.tieWordEmbeddings
        ? weights.lmHead.weight.slice()
        : weights.embedTokens;
      return { ...d, weights: { ...weights, lmHead: { ...weights.lmHead, weight } } };
    },
  ),
];
