import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import type { Sequence } from "../decoder.ts";
import type { GenerateOptions } from "../generation/generate.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Candidate } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { generationCanary } from "./support/canary.ts";
import { samplerOf } from "./support/sampler.ts";
import {
  continuing,
  describeRequest,
  expectText,
  type GenerationRequest,
  generationOf,
  requestFor,
  requests,
} from "./support/texts.ts";

interface Turns {
  candidate: Candidate;
  request: GenerationRequest;
  /** Tokens appended between the two turns. */
  said: number[];
  /** Number of new tokens of the second turn. */
  more: number;
}

export const multiTurnEquality = law<Turns>({
  id: "multi-turn-equality",
  name: "two turns equal one generation",
  chapter: "generation",
  statement:
    "Generating and continuing from the result with the same random source equals generating all at once; a turn on a sequence that kept its cache, after tokens were appended to it, equals the generation from all tokens so far.",
  source: "chat on one cache: the last token of a turn is not in it when the turn ends",
  catches:
    "a last token that is lost or sent twice between turns, positions that restart, a prompt that is cut",
  needs: ["generation.generate", "sampler.sample"],
  precondition: { name: "both turns gave tokens, and some were appended between", floor: 0.4 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      request: requests(subject, sizes, 5),
      said: sizes.tokens(0, 4),
      more: fc.integer({ min: 1, max: 4 }),
    }),
  check: async ({ candidate: { decoder }, request: raw, said: rawSaid, more }, subject) => {
    const { generate } = generationOf(subject);
    const { sample } = samplerOf(subject);
    const { repeatable } = subject;
    const request: GenerationRequest = { ...raw, options: { ...raw.options, history: "all" } };
    const one = requestFor(decoder, request);
    const { maxPositionEmbeddings: P } = decoder.config;
    const source = one.fresh();
    const first = await generate(decoder, one.prompt, source);
    if (first.tokens.length > P) return false;
    const second = await generate(decoder, first.tokens, { ...source, maxNewTokens: more });
    const length = one.options.maxNewTokens + more;
    const oneShot = await generate(decoder, one.prompt, { ...one.fresh(), maxNewTokens: length });
    const resumed = { ...second, newTokens: [...first.newTokens, ...second.newTokens] };
    const what = describeRequest("text in two parts", one, { more });
    await expectText(what, decoder, one, resumed, oneShot, repeatable);

    await using kept = await decoder.start();
    const again = await goOn(kept, one.prompt, first.newTokens.length, one.fresh(), sample);
    if (again.join() !== first.newTokens.join()) return false;
    const said = tokensOf(decoder.config, rawSaid, P - first.tokens.length);
    const two = requestFor(decoder, { ...request, prompt: [...first.tokens, ...said] });
    const count = Math.min(more, P - two.prompt.length + 1);
    const cached = await goOn(kept, two.prompt, count, two.fresh(), sample);
    const uncached = await generate(decoder, two.prompt, { ...two.fresh(), maxNewTokens: count });
    const turn = describeRequest(`second turn, after [${said}]`, two, { maxNewTokens: count });
    await expectText(turn, decoder, two, uncached, { ...uncached, newTokens: cached }, repeatable);
    return again.length > 0 && said.length > 0;
  },
  canaries: [
    generationCanary("the last token of a prompt is not read", ({ generate }) => ({
      generate: async (decoder, prompt, options) => {
        const read = prompt.length > 1 ? prompt.slice(0, -1) : prompt;
        return continuing(prompt, await generate(decoder, read, options));
      },
    })),
  ],
});

/** New tokens after `held`, of which the sequence holds a beginning. */
async function goOn(
  sequence: Sequence,
  held: readonly number[],
  count: number,
  options: GenerateOptions,
  sample: Sampler["sample"],
): Promise<number[]> {
  const newTokens: number[] = [];
  while (newTokens.length < count) {
    const all = [...held, ...newTokens];
    const logits = await sequence.append(all.slice(sequence.length));
    newTokens.push(sample(logits, options, options.random, all));
  }
  return newTokens;
}
