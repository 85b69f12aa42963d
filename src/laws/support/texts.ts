import fc from "fast-check";
import { optionsOf, samplingOptions } from "../../arbitraries/sampling-options.ts";
import { rawTokens, tokensOf } from "../../arbitraries/tokens.ts";
import type { Decoder } from "../../decoder.ts";
import type { Generated, GenerateOptions } from "../../generation/generate.ts";
import type { Generation } from "../../generation/generation.ts";
import type { Logits } from "../../math/logits.ts";
import { seededRandom } from "../../math/random.ts";
import type { Candidate, LogitsSubject } from "../../subjects/subject.ts";
import type { Tolerance } from "../../tolerance/compare.ts";
import { choiceAllowance } from "../../tolerance/derived.ts";
import { cold } from "./cold.ts";
import { expect } from "./expect.ts";

export interface RequestCase {
  candidate: Candidate;
  request: Request;
}

/** Only what a law names in its needs may be read of it. */
export const generationOf = (subject: LogitsSubject) => subject.generation as Generation;

/** What is asked of a generation, before a model is known; its random source is a seed. */
export interface Request {
  prompt: number[];
  options: Omit<GenerateOptions, "random" | "eosTokenId">;
  seed: number;
}

/**
 * Prompts with options, each on or off. Where a decoder does not repeat itself bit for bit, only
 * greedy choices are asked for: what a draw picks next to a step of the distribution is chance.
 */
export function requests(subject: LogitsSubject, maxNewTokens: number): fc.Arbitrary<Request> {
  return fc
    .record({
      prompt: rawTokens(1, 6),
      sampling: samplingOptions(),
      greedy: subject.repeatable === "bitwise" ? fc.boolean() : fc.constant(true),
      history: fc.constantFrom("all" as const, "generated" as const),
      maxNewTokens: fc.nat({ max: maxNewTokens }),
      seed: fc.noBias(fc.nat({ max: 0xffffffff })),
    })
    .map(({ prompt, seed, sampling, greedy, ...options }) => {
      return {
        prompt,
        seed,
        options: { ...sampling, ...(greedy && { temperature: 0 }), ...options },
      };
    });
}

/** A request as prompt and options of one decoder. */
export interface Asked {
  readonly prompt: readonly number[];
  readonly options: Request["options"];
  /** The options with a random source, as it is at its start. */
  readonly fresh: () => GenerateOptions;
}

export function asked({ config }: Decoder, { prompt, options: raw, seed }: Request): Asked {
  const options = optionsOf(config.vocabSize, raw);
  const fresh = () => ({ ...options, random: seededRandom(seed) });
  return { prompt: tokensOf(config, prompt), options, fresh };
}

/** `WHAT of [PROMPT] with OPTIONS` */
export function describeAsked(what: string, { prompt, options }: Asked, more = {}): string {
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
  request: Asked,
  actual: Text,
  expected: Text,
  tolerance: Tolerance,
): Promise<void> {
  const [ours, theirs] = [actual.newTokens, expected.newTokens];
  const at = theirs.findIndex((token, i) => token !== ours[i]);
  if (at >= 0 && at < ours.length && tolerance !== "bitwise") {
    const before = theirs.slice(0, at);
    const held = [...request.prompt, ...before].slice(-decoder.config.maxPositionEmbeddings);
    const row = await cold(decoder, held);
    const choices = penalised(row, request, before);
    const gap = Math.abs(choices[ours[at]] - choices[theirs[at]]);
    if (gap <= choiceAllowance(row, tolerance)) return;
  }
  const same = at < 0 && ours.length === theirs.length;
  expect(same, `${what} is [${ours}], but should be [${theirs}]`);
  const reasons = `"${actual.finishReason}", but should be for "${expected.finishReason}"`;
  expect(actual.finishReason === expected.finishReason, `${what} ended for ${reasons}`);
}

/** The logits that a greedy choice is made from; no repetition penalty here is above 2. */
function penalised(
  row: Logits,
  { prompt, options }: Asked,
  newTokens: readonly number[],
): number[] {
  const { repetitionPenalty: r = 1, frequencyPenalty: f = 0, presencePenalty: s = 0 } = options;
  const history = options.history === "generated" ? newTokens : [...prompt, ...newTokens];
  return Array.from(row, (logit, id) => {
    const count = history.filter((seen) => seen === id).length;
    return count === 0 ? logit : (logit > 0 ? logit / r : logit * r) - f * count - s;
  });
}

/** The text with another prompt in front, which is what it says it continues. */
export const continuing = (prompt: readonly number[], text: Generated): Generated => ({
  ...text,
  tokens: [...prompt, ...text.newTokens],
});
