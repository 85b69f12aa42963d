/** Rules of speculation that are as lossless as the ratio min(1, p / q). */
import { defineSampler } from "../../src/subjects/define-sampler.ts";
import { reference } from "../../src/subjects/reference.ts";
import { ownSampleSpeculate } from "./own-sample.ts";
import type { Variant } from "./variant.ts";

const { speculate, ...others } = reference.generation;

export const speculation: readonly Variant[] = [
  {
    why: "a proposal that equals the target's own sample is that sample",
    subject: {
      ...reference,
      ...{ name: "own sample", sampler: {}, acceptance: "own sample" },
      generation: { generate: others.generate!, speculate: ownSampleSpeculate },
    },
  },
  {
    why: "the same rule over given logits",
    subject: defineSampler({ name: "own sample of given logits", speculate: ownSampleSpeculate }),
  },
  {
    why: "proposals that are never used change nothing: the draft proposes one token a round",
    subject: {
      ...reference,
      ...{ name: "one draft token", sampler: {} },
      generation: {
        generate: others.generate!,
        speculate: (target, draft, prompt, { draftTokens: asked, ...options }) => {
          const draftTokens = Number.isInteger(asked) && asked > 0 ? 1 : asked;
          return speculate!(target, draft, prompt, { ...options, draftTokens });
        },
      },
    },
  },
];
