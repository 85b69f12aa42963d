/**
 * Canaries: wrappers with one bug each around a decoder or sampler that is right. A law that keeps
 * quiet about its canary is blind on that subject, and what it says of it means nothing.
 */
import type { Decoder, Sequence } from "./decoder.ts";
import type { Logits } from "./logits.ts";
import type { Sampler } from "./sampling/sampler.ts";
import type { Candidate, Subject } from "./subject.ts";

export interface Canary {
  /** The planted bug, in words. */
  readonly bug: string;
  /** The code of the law that must catch it. */
  readonly diesOf: string;
  readonly infect: (subject: Subject) => Subject;
}

/** A canary whose decoders are wrapped. */
function decoderCanary(
  diesOf: string,
  bug: string,
  wrap: (decoder: Decoder, candidate: Candidate) => Decoder,
): Canary {
  const infect = (subject: Subject): Subject => ({
    ...subject,
    name: `${subject.name} with a canary`,
    candidates: subject.candidates.map((candidate) => ({
      ...candidate,
      decoder: wrap(candidate.decoder, candidate),
    })),
  });
  return { bug, diesOf, infect };
}

/** A canary whose sampler has one function replaced. */
function samplerCanary(
  diesOf: string,
  bug: string,
  replace: (sampler: Sampler) => Partial<Sampler>,
): Canary {
  const infect = (subject: Subject): Subject => {
    if (subject.sampler === null) return subject;
    return { ...subject, sampler: { ...subject.sampler, ...replace(subject.sampler) } };
  };
  return { bug, diesOf, infect };
}

type SequenceBug = (sequence: Sequence) => Partial<Sequence>;

/** The decoder with every sequence, forks included, changed in the same way. */
function withSequences(decoder: Decoder, bug: SequenceBug): Decoder {
  return { ...decoder, start: async () => changed(await decoder.start(), bug) };
}

function changed(sequence: Sequence, bug: SequenceBug): Sequence {
  const plain: Sequence = {
    get length() {
      return sequence.length;
    },
    append: (tokens) => sequence.append(tokens),
    appendAll: (tokens) => sequence.appendAll(tokens),
    rewind: (length) => sequence.rewind(length),
    fork: async () => changed(await sequence.fork(), bug),
    [Symbol.asyncDispose]: () => sequence[Symbol.asyncDispose](),
  };
  return Object.defineProperties(plain, Object.getOwnPropertyDescriptors(bug(sequence)));
}

const nudged = (logits: Logits, by: number) => logits.map((logit) => logit + by);

const decoderCanaries: Canary[] = [
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
        return alone.append(tokens);
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

const samplerCanaries: Canary[] = [
  samplerCanary("P-TOPP", "the token that crosses p is dropped", ({ topP, greedy }) => ({
    topP: (logits, p) => {
      const kept = topP(logits, p);
      const least = kept.reduce(
        (low, logit, id) => (logit > -Infinity && (low < 0 || logit < kept[low]) ? id : low),
        -1,
      );
      return p < 1 && least !== greedy(logits) ? kept.with(least, -Infinity) : kept;
    },
  })),
  samplerCanary(
    "P-TOPP-SHIFT",
    "tokens with a logit above p are kept, whatever their mass",
    () => ({
      topP: (logits, p) => Float64Array.from(logits, (logit) => (logit > p ? logit : -Infinity)),
    }),
  ),
  samplerCanary("P-TOPK", "logits that tie with the k-th are kept too", ({ topK }) => ({
    topK: (logits, k) => {
      const kept = topK(logits, k);
      const lowest = kept.reduce((a, b) => (b > -Infinity ? Math.min(a, b) : a), Infinity);
      return Float64Array.from(logits, (logit) => (logit >= lowest ? logit : -Infinity));
    },
  })),
  samplerCanary("P-TEMP", "logits are multiplied by the temperature", ({ temperatureScale }) => ({
    temperatureScale: (logits, temperature) => temperatureScale(logits, 1 / temperature),
  })),
  samplerCanary("P-ORDER", "top-p comes before top-k", ({ topK, topP, distribution }) => ({
    distribution: (logits, { temperature = 1, topK: k = 0, topP: p = 1 }) =>
      distribution(
        topK(
          topP(
            logits.map((logit) => logit / temperature),
            p,
          ),
          k,
        ),
        {},
      ),
  })),
  samplerCanary("P-DIST", "the id after the right one is drawn", ({ draw }) => ({
    draw: (probs, u) => (draw(probs, u) + 1) % probs.length,
  })),
];

/** At least one for every law. */
export const canaries: readonly Canary[] = [...decoderCanaries, ...samplerCanaries];
