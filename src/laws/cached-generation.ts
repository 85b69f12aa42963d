import fc from "fast-check";
import { law } from "./law.ts";
import { generationCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import {
  continuing,
  describeRequest,
  expectText,
  generationOf,
  type RequestCase,
  requestFor,
  requests,
} from "./support/texts.ts";

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

export const cachedGeneration = law<RequestCase & { truncate: boolean }>({
  id: "cached-generation",
  name: "the cache changes the cost and not the text",
  chapter: "generation",
  statement:
    "Generation that recomputes the whole sequence for every token gives the tokens of generation with a cache, and both send the number of tokens through the decoder that their formulas give.",
  source: "a count of token steps: naive nP + n(n - 1)/2, cached P + n - 1",
  catches:
    "a last token that is sent twice or never, positions that restart, a prompt that is read again, caches that outlive a restart",
  needs: ["generation.generate"],
  precondition: { name: "at least two tokens were generated", floor: 0.6 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      request: requests(subject, sizes, 10),
      truncate: fc.boolean(),
    }),
  check: async ({ candidate: { decoder }, request, truncate }, subject) => {
    const { generate } = generationOf(subject);
    const one = requestFor(decoder, request);
    const { prompt, fresh } = one;
    const cached = await generate(decoder, prompt, { ...fresh(), truncate });
    const uncached = await generate(decoder, prompt, { ...fresh(), truncate, naive: true });
    const what = describeRequest("naive text", one, { truncate });
    await expectText(what, decoder, one, uncached, cached, subject.repeatable);
    const { maxPositionEmbeddings: P } = decoder.config;
    const widths = cached.newTokens.map((_, i) => prompt.length + i);
    const naiveSteps = sum(widths.map((width) => Math.min(P, width)));
    const cachedSteps = sum(widths.map((width, i) => (width > P ? P : i === 0 ? width : 1)));
    const counted = `${what} took ${uncached.tokenSteps} token steps, ${cached.tokenSteps} cached`;
    const right = uncached.tokenSteps === naiveSteps && cached.tokenSteps === cachedSteps;
    expectThat(right, `${counted}, but should take ${naiveSteps} and ${cachedSteps}`);
    return widths.length > 1;
  },
  canaries: [
    generationCanary("without a cache, the first token is lost", ({ generate }) => ({
      generate: async (decoder, prompt, options) => {
        const read = options.naive && prompt.length > 1 ? prompt.slice(1) : prompt;
        return continuing(prompt, await generate(decoder, read, options));
      },
    })),
  ],
});
