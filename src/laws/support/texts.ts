import fc from "fast-check";
import { optionsOf, samplingOptions } from "../../arbitraries/sampling-options.ts";
import type { Sizes } from "../../arbitraries/sizes.ts";
import { longestSmallContext, rawTokens, tokensOf } from "../../arbitraries/tokens.ts";
import type { Decoder } from "../../decoder.ts";
import type { Generated, GenerateOptions } from "../../generation/generate.ts";
import type { Generation } from "../../generation/generation.ts";
import type { Logits } from "../../math/logits.ts";
import { seededRandom } from "../../math/random.ts";
import type { Candidate, LogitsSubject } from "../../subjects/subject.ts";
import type { Tolerance } from "../../tolerance/compare.ts";
import { choiceAllowance } from "../../tolerance/derived.ts";
import { expectThat } from "./expect.ts";
import { freshLogits } from "./fresh-logits.ts";

export interface RequestCase {
  candidate: Candidate;
  request: GenerationRequest;
}

/** Returns the generation, of which only the functions that the law needs may be used. */
export const generationOf = (subject: LogitsSubject) => subject.generation as Generation;

/** A request for a generation, independent of the model; its random source is a seed. */
export interface GenerationRequest {
  prompt: number[];
  options: Omit<GenerateOptions, "random" | "eosTokenId">;
  seed: number;
}

/**
 * Returns the generator of requests, with each option on or off. If a decoder does not repeat its
 * logits bit for bit, all choices are greedy: next to a step of the distribution a draw is chance.
 */
export function requests(
  subject: LogitsSubject,
  sizes: Sizes,
  maxNewTokens: number,
): fc.Arbitrary<GenerationRequest> {
  return fc
    .record({
      prompt: prompts(sizes),
      sampling: samplingOptions(sizes),
      greedy: subject.repeatable === "bitwise" ? fc.boolean() : fc.constant(true),
      history: fc.constantFrom("all" as const, "generated" as const, "generated" as const, null),
      maxNewTokens: sizes.newTokens(maxNewTokens),
      seed: fc.noBias(fc.nat({ max: 0xffffffff })),
    })
    .map(({ prompt, seed, sampling, greedy, history, maxNewTokens }) => ({
      ...{ prompt, seed },
      options: {
        ...sampling,
        ...(greedy && { temperature: 0 }),
        ...(history && { history }),
        maxNewTokens,
      },
    }));
}

/** Returns raw prompts; in one of eight cases of small sizes one that fills the context. */
function prompts(sizes: Sizes): fc.Arbitrary<number[]> {
  const short = sizes.tokens(1, 6);
  if (sizes.large !== null) return short;
  const long = rawTokens(longestSmallContext, longestSmallContext);
  return fc.oneof({ weight: 7, arbitrary: short }, { weight: 1, arbitrary: long });
}

/** A request as the prompt and the options of one decoder. */
export interface DecoderRequest {
  readonly prompt: readonly number[];
  readonly options: GenerationRequest["options"];
  /** Returns the options with a new random source. */
  readonly fresh: () => GenerateOptions;
}

/** Returns the request for a decoder: ids folded into its vocabulary. */
export function requestFor(
  { config }: Decoder,
  { prompt, options: raw, seed }: GenerationRequest,
): DecoderRequest {
  const options = optionsOf(config.vocabSize, raw);
  // Greedy choices need no random source, and half of them are given none.
  const isGiven = options.temperature !== 0 || seed % 2 === 1;
  const fresh = () => (isGiven ? { ...options, random: seededRandom(seed) } : options);
  return { prompt: tokensOf(config, prompt), options, fresh };
}

/** `WHAT of [PROMPT] with OPTIONS` */
export function describeRequest(
  what: string,
  { prompt, options }: DecoderRequest,
  more = {},
): string {
  return `${what} of [${prompt}] with ${fc.stringify({ ...options, ...more })}`;
}

type Text = Pick<Generated, "newTokens" | "finishReason">;

/**
 * Texts that must be the same, and must have ended for the same reason. Where the arithmetic is not
 * repeatable bit for bit, two logits that it cannot tell apart may be chosen either way, and what
 * follows such a choice is not compared.
 *
 * @throws {LawBroken} naming the texts
 */
export async function expectText(
  what: string,
  decoder: Decoder,
  request: DecoderRequest,
  actual: Text,
  expected: Text,
  tolerance: Tolerance,
): Promise<void> {
  const [ours, theirs] = [actual.newTokens, expected.newTokens];
  const at = theirs.findIndex((token, i) => token !== ours[i]);
  if (at >= 0 && at < ours.length && tolerance !== "bitwise") {
    const before = theirs.slice(0, at);
    const held = [...request.prompt, ...before].slice(-decoder.config.maxPositionEmbeddings);
    const row = await freshLogits(decoder, held);
    const choices = penalised(row, request, before);
    const gap = Math.abs(choices[ours[at]] - choices[theirs[at]]);
    if (gap <= choiceAllowance(row, tolerance)) return;
  }
  const same = at < 0 && ours.length === theirs.length;
  expectThat(same, `${what} is [${ours}], but should be [${theirs}]`);
  const reasons = `"${actual.finishReason}", but should be for "${expected.finishReason}"`;
  expectThat(actual.finishReason === expected.finishReason, `${what} ended for ${reasons}`);
}

/** The logits that a greedy choice is made from; no repetition penalty here is above 2. */
function penalised(
  row: Logits,
  { prompt, options }: DecoderRequest,
  newTokens: readonly number[],
): number[] {
  const { repetitionPenalty: r = 1, frequencyPenalty: f = 0, presencePenalty: s = 0 } = options;
  const history = options.history === "generated" ? newTokens : [...prompt, ...newTokens];
  return Array.from(row, (logit, id) => {
    const count = history.filter((seen) => seen === id).length;
    return count === 0 ? logit : (logit > 0 ? logit / r : logit * r) - f * count - s;
  });
}

/** Returns the text with `tokens` that begin with another prompt. */
export const continuing = (prompt: readonly number[], text: Generated): Generated => ({
  ...text,
  tokens: [...prompt, ...text.newTokens],
});
