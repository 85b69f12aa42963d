/** Calls of the sampler and of generation at one size. */
import { scriptedDecoder } from "../../../../src/arbitraries/scripted-decoder.ts";
import type { Decoder } from "../../../../src/decoder.ts";
import { complete } from "../../../../src/generation/complete.ts";
import { generate, generateBatch } from "../../../../src/generation/generate.ts";
import { logProbs } from "../../../../src/generation/log-probs.ts";
import { speculate } from "../../../../src/generation/speculate.ts";
import { seededRandom } from "../../../../src/math/random.ts";
import { sampler } from "../../../../src/sampling/sampler.ts";
import type { Witness } from "./decoders.ts";

const range = (length: number) => Array.from({ length }, (_, i) => i);
const ramp = (size: number) => Float64Array.from(range(size), (i) => i / 64 - 1.3);
const flat = (size: number) => new Float64Array(size);
const P = 600;

/** A decoder whose logits are a hash of all tokens. */
function hashing(vocabSize = 64): Decoder {
  return scriptedDecoder(vocabSize, P, (tokens) => {
    const hash = tokens.reduce((sum, token) => (sum * 31 + token + 7) % 65_521, 1);
    return Float64Array.from(range(vocabSize), (id) => ((hash * (id + 3) * 40_503) % 997) / 100);
  });
}

/** A decoder that chooses the token `next(length)`. */
function counting(next: (length: number) => number): Decoder {
  return scriptedDecoder(4, P, ({ length }) =>
    Float64Array.from(range(4), (id) => (id === next(length) ? 1 : 0)),
  );
}

const cycle = (length: number) => 1 + (length % 3);

/** Witnesses by name. */
export const samplers = {
  greedy: (size) => sampler.greedy(ramp(size)),
  greedyTies: (size) => sampler.greedy(flat(size)),
  topK: (size) => sampler.topK(ramp(size + 5), size),
  rank: (size) => [sampler.topK(ramp(size), 2), sampler.topP(ramp(size), 0.01)],
  dropped: (size) => sampler.topK(ramp(size).reverse(), 1),
  rankTies: (size) => sampler.topK(flat(size), 2),
  topP: (size) => sampler.topP(flat(size + 4), (size - 0.5) / (size + 4)),
  minP: (size) => sampler.minP(ramp(size), 1),
  temperature: (size) => sampler.temperatureScale(ramp(size), 0.5),
  filterOrder: (size) =>
    sampler.distribution(flat(2 * size), { topK: size, topP: 0.5, temperature: 1 }),
  draw: (size) => [0.3, 0.9999].map((u) => sampler.draw(flat(size).fill(1 / size), u)),
  drawBeforeLast: (size) =>
    sampler.draw(flat(size + 1).fill(1 / (size + 1)), (size - 0.5) / (size + 1)),
  repetition: (size) => sampler.repetitionPenalty(ramp(size), range(size), 2),
  presence: (size) => sampler.presencePenalty(flat(size), [size - 1], 2),
  frequency: (size) => sampler.frequencyPenalty(flat(2), range(size).fill(1), 0.5),
  banned: (size) =>
    sampler.ban(
      flat(size + 1),
      [],
      range(size).map((id) => [id]),
    ),
  bannedLong: (size) => {
    const history = range(size).fill(1);
    const sequence = [...history.with(size - 1, 0), 2];
    return sampler.ban(flat(3), history, [sequence]);
  },
  topLogProbs: (size) => complete(hashing(), [1], { maxNewTokens: 1, topLogProbs: size }),
  prompt: (size) =>
    generate(hashing(), range(size).map(cycle), { temperature: 0, maxNewTokens: 4 }),
  newTokens: (size) => generate(hashing(), [1, 2, 3], { temperature: 0, maxNewTokens: size }),
  lateEnd: (size) => {
    const decoder = counting((length) => (length === size ? 2 : 1));
    return generate(decoder, [1], { temperature: 0, maxNewTokens: size + 3, eosTokenId: 2 });
  },
  uncached: (size) => {
    const prompt = range(size - 2).map(cycle);
    return generate(hashing(), prompt, { temperature: 0, maxNewTokens: 3, naive: true });
  },
  logProbs: (size) => logProbs(hashing(), range(size + 1).map(cycle)),
  generateBatch: (size) =>
    generateBatch(
      hashing(8),
      range(size).map((i) => ({ prompt: [i % 8, (i * 3) % 8], random: seededRandom(i) })),
      { maxNewTokens: 12, eosTokenId: 5 },
    ),
  batchEnds: (size) => {
    const decoder = scriptedDecoder(3, P, ([first]) => Float64Array.of(0, 1 - first, first - 1));
    const rows = range(size).map((i) => ({ prompt: [i === 0 ? 0 : 2] }));
    return generateBatch(decoder, rows, { temperature: 0, maxNewTokens: 4, eosTokenId: 1 });
  },
  wrongDraft: (size) => {
    const draft = counting((length) => (length === size ? 0 : cycle(length)));
    const options = { temperature: 0, draftTokens: size, maxNewTokens: size + 3 };
    return speculate(counting(cycle), draft, [1], options);
  },
  penalisedDraft: (size) => {
    const decoder = scriptedDecoder(2 * size + 8, P, () => ramp(2 * size + 8));
    return speculate(decoder, decoder, [1], {
      ...{ temperature: 0, presencePenalty: 100 },
      ...{ draftTokens: size, maxNewTokens: size + 1 },
    });
  },
  rightDraft: (size) =>
    speculate(hashing(), hashing(), [1, 2], {
      ...{ temperature: 0, draftTokens: size, maxNewTokens: size + 1 },
    }),
} satisfies Record<string, Witness>;
