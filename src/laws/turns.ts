/** Turns: a text that goes on where an earlier one ended, or begins as an earlier one began. */
import fc from "fast-check";
import { rawTokens, tokensOf } from "../arbitraries/tokens.ts";
import type { Sequence } from "../decoder.ts";
import type { GenerateOptions } from "../generation/generate.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Candidate } from "../subjects/subject.ts";
import { cold } from "./cache.ts";
import { samplerOf } from "./kept.ts";
import { expectLast, law } from "./law.ts";
import { asked, describeAsked, expectText, generationOf, type Request, requests } from "./texts.ts";

interface Turns {
  candidate: Candidate;
  request: Request;
  /** What is appended between the two turns. */
  said: number[];
  /** How many tokens the second turn is to give. */
  more: number;
}

export const turns = law<Turns>({
  code: "P-TURN",
  name: "two turns are one shot",
  statement:
    "Generating, and going on from the result with the same random source, is generating all at once; and a turn on a sequence that kept its cache, after tokens were appended to it, is the generation from all tokens so far.",
  source: "chat on one cache: the last token of a turn is not in it when the turn ends",
  catches:
    "a last token that is lost or sent twice between turns, positions that restart, a prompt that is cut",
  needs: ["generation.generate", "sampler.sample"],
  precondition: { name: "both turns gave tokens, and some were appended between", floor: 0.4 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      request: requests(subject, 5),
      said: rawTokens(0, 4),
      more: fc.integer({ min: 1, max: 4 }),
    }),
  check: async ({ candidate: { decoder }, request: raw, said: rawSaid, more }, subject) => {
    const { generate } = generationOf(subject);
    const { sample } = samplerOf(subject);
    const { repeatable } = subject;
    const request: Request = { ...raw, options: { ...raw.options, history: "all" } };
    const one = asked(decoder, request);
    const { maxPositionEmbeddings: P } = decoder.config;
    const source = one.fresh();
    const first = await generate(decoder, one.prompt, source);
    if (first.tokens.length > P) return false;
    const second = await generate(decoder, first.tokens, { ...source, maxNewTokens: more });
    const length = one.options.maxNewTokens + more;
    const oneShot = await generate(decoder, one.prompt, { ...one.fresh(), maxNewTokens: length });
    const resumed = { ...second, newTokens: [...first.newTokens, ...second.newTokens] };
    const what = describeAsked("text in two parts", one, { more });
    await expectText(what, decoder, one, resumed, oneShot, repeatable);

    await using kept = await decoder.start();
    const again = await goOn(kept, one.prompt, first.newTokens.length, one.fresh(), sample);
    if (again.join() !== first.newTokens.join()) return false;
    const said = tokensOf(decoder.config, rawSaid, P - first.tokens.length);
    const two = asked(decoder, { ...request, prompt: [...first.tokens, ...said] });
    const count = Math.min(more, P - two.prompt.length + 1);
    const cached = await goOn(kept, two.prompt, count, two.fresh(), sample);
    const uncached = await generate(decoder, two.prompt, { ...two.fresh(), maxNewTokens: count });
    const turn = describeAsked(`second turn, after [${said}]`, two, { maxNewTokens: count });
    await expectText(turn, decoder, two, uncached, { ...uncached, newTokens: cached }, repeatable);
    return again.length > 0 && said.length > 0;
  },
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

interface Prompts {
  candidate: Candidate;
  /** Each prompt: how many tokens it shares with the text before it, and what follows them. */
  prompts: { shared: number; tail: number[]; next: number[] }[];
}

export const prefixReuse = law<Prompts>({
  code: "P-PREFIX",
  name: "a resumed prefix is a cold one",
  statement:
    "One sequence that serves prompt after prompt, each from the prefix that it shares with the tokens held and with tokens decoded after it, gives at every step the logits of a new sequence.",
  source: "automatic prefix caching; Zheng et al. 2024 (SGLang), section 3",
  catches:
    "keys of another prompt, windows and positions that count from the resumed part, a whole prompt in the cache and nothing to read",
  needs: ["rewind"],
  precondition: { name: "a prefix was kept, and tokens after it were taken back", floor: 0.5 },
  cases: (subject) =>
    fc.record({
      candidate: subject.candidates,
      prompts: fc.array(
        fc.record({ shared: fc.nat({ max: 24 }), tail: rawTokens(0, 5), next: rawTokens(0, 2) }),
        { minLength: 2, maxLength: 4, size: "max" },
      ),
    }),
  check: async ({ candidate: { decoder }, prompts }, subject) => {
    const { config } = decoder;
    const { maxPositionEmbeddings: P } = config;
    await using sequence = await decoder.start();
    let held: number[] = [];
    let bites = false;
    for (const { shared, tail, next } of prompts) {
      const prefix = held.slice(0, shared % (held.length + 1));
      const added = [...prefix, ...tokensOf(config, tail, P - prefix.length)];
      const prompt = added.length > 0 ? added : [0];
      // The logits after its last token are wanted, so that this one is always sent.
      const resumed = Math.min(commonLength(held, prompt), prompt.length - 1);
      bites ||= resumed > 0 && resumed < held.length;
      await sequence.rewind(resumed);
      const decoded = tokensOf(config, next, P - prompt.length);
      const calls = [prompt.slice(resumed), ...decoded.map((token) => [token])];
      held = prompt.slice(0, resumed);
      for (const call of calls) {
        held = [...held, ...call];
        const logits = await sequence.append(call);
        const expected = await cold(decoder, held);
        expectLast(`${resumed} tokens resumed`, held, logits, expected, subject.repeatable);
      }
    }
    return bites;
  },
});

function commonLength(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((token, i) => token !== b[i]);
  return at < 0 ? a.length : at;
}
