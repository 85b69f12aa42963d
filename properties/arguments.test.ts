/** Values and pairs of values of arguments: all occur, and bugs that need a rare one are found. */
import { describe, expect, test } from "vitest";
import type { Decoder, Sequence } from "../src/decoder.ts";
import type { Generation } from "../src/generation/generation.ts";
import { lawById } from "../src/laws/index.ts";
import { withBatches, withSequences } from "../src/laws/support/wrapped.ts";
import type { SamplingOptions } from "../src/sampling/sample-token.ts";
import { type Sampler, sampler } from "../src/sampling/sampler.ts";
import { noClass } from "../src/subjects/arguments/occurred.ts";
import { operations } from "../src/subjects/arguments/operations.ts";
import { defineSampler } from "../src/subjects/define-sampler.ts";
import { reference } from "../src/subjects/reference.ts";
import type { Subject } from "../src/subjects/subject.ts";
import { argumentGaps, gapsText, occurredArguments } from "../src/verify/argument-gaps.ts";
import { runLaw } from "../src/verify/run-law.ts";

/** The seed and the number of cases of the gate. */
const gate = { seed: 42, runs: 1000 };

test("every value and every pair of values occurs, and every illegal value is refused", async () => {
  const occurred = await occurredArguments(reference, gate);
  const gaps = argumentGaps(occurred).map(({ operation, what }) => `${operation}, ${what}`);
  expect(gaps).toEqual([]);
  for (const { name } of operations) {
    expect([name, ...occurred.accepted(name)]).toEqual([name]);
    const unclassified = [...occurred.occurred(name)].filter((label) => label.includes(noClass));
    expect([name, ...unclassified]).toEqual([name]);
  }
}, 600_000);

test("a generator without a class leaves a gap, which the statistics name", async () => {
  const occurred = await occurredArguments(reference, { seed: 42, runs: 1 });
  const gaps = argumentGaps(occurred);
  expect(gaps.length).toBeGreaterThan(100);
  expect(gapsText(gaps.slice(0, 1), 5, 1)).toMatch(/1 never occurred/);
  expect(gapsText([], 5, 1)).toMatch(/every one occurred/);
});

const withDistribution = (name: string, change: (options: SamplingOptions) => SamplingOptions) => {
  const distribution: Sampler["distribution"] = (row, options, history) =>
    sampler.distribution(row, change(options), history);
  return defineSampler({ ...sampler, name, distribution });
};

const withSampler = (name: string, functions: Partial<Sampler>) =>
  defineSampler({ ...sampler, ...functions, name });

const withGeneration = (generation: Partial<Generation>): Subject => ({
  ...reference,
  generation: { ...reference.generation, ...generation },
});

const withDecoder = (wrap: (decoder: Decoder) => Decoder): Subject => ({
  ...reference,
  build: (model) => wrap(reference.build!(model)),
  candidates: reference.candidates.map((one) => ({ ...one, decoder: wrap(one.decoder) })),
  candidatesOf: (sizes) =>
    reference.candidatesOf!(sizes).map((one) => ({ ...one, decoder: wrap(one.decoder) })),
});

const withRewind = (length: (asked: number, held: number) => number) =>
  withDecoder((decoder) =>
    withSequences(decoder, (sequence: Sequence) => ({
      rewind: (asked) => sequence.rewind(length(asked, sequence.length)),
    })),
  );

const { generate, generateBatch, speculate, logProbs } = reference.generation;

/** Bugs that act at one value or pair of values only. */
const bugs: readonly { readonly bug: string; readonly law: string; readonly subject: Subject }[] = [
  {
    bug: "a top-p below 0.5 is taken for 0.5",
    law: "filter-order",
    subject: withDistribution("least top-p", ({ topP, ...others }) => ({
      ...others,
      ...(topP !== undefined && { topP: topP > 0 ? Math.max(0.5, topP) : topP }),
    })),
  },
  {
    bug: "of several bans only the last is applied",
    law: "filter-order",
    subject: withDistribution("last ban", ({ bannedSequences: all, ...others }) => ({
      ...others,
      ...(all && { bannedSequences: all.slice(-1) }),
    })),
  },
  {
    bug: "min-p is skipped beside a top-p below 0.5",
    law: "filter-order",
    subject: withDistribution("skipped min-p", ({ minP, ...others }) => ({
      ...others,
      ...(minP !== undefined && !((others.topP ?? 1) < 0.5) && { minP }),
    })),
  },
  {
    bug: "a fractional k is rounded",
    law: "top-k-count",
    subject: withSampler("rounded k", { topK: (row, k) => sampler.topK(row, Math.ceil(k)) }),
  },
  {
    bug: "a p above 1 keeps all",
    law: "top-p-mass",
    subject: withSampler("clamped p", { topP: (row, p) => sampler.topP(row, Math.min(1, p)) }),
  },
  {
    bug: "a chain with a k that is not a number keeps all",
    law: "non-empty-support",
    subject: withDistribution("k of NaN", ({ topK, ...others }) => ({
      ...others,
      ...(topK !== undefined && { topK: Number.isNaN(topK) ? 0 : topK }),
    })),
  },
  {
    bug: "a u of 1 gives the last token",
    law: "sampling-support",
    subject: withSampler("closed interval", {
      draw: (probs, u) => sampler.draw(probs, u === 1 ? 1 - 2 ** -53 : u),
    }),
  },
  {
    bug: "a penalty ignores ids of another vocabulary",
    law: "repetition-penalty",
    subject: withSampler("ignored ids", {
      repetitionPenalty: (row, history, penalty) =>
        sampler.repetitionPenalty(
          row,
          history.filter((id) => id < row.length),
          penalty,
        ),
    }),
  },
  {
    bug: "a negative length of a rewind counts from the end",
    law: "illegal-input",
    subject: withRewind((asked, held) => (asked < 0 ? held + asked : asked)),
  },
  {
    bug: "a rewind to more than is held changes nothing",
    law: "illegal-input",
    subject: withRewind((asked, held) => Math.min(asked, held)),
  },
  {
    bug: "row -1 of a batch is its last one",
    law: "illegal-input",
    subject: withDecoder((decoder) =>
      withBatches(decoder, (batch) => ({
        select: (rows) => batch.select(rows.map((row) => (row === -1 ? 0 : row))),
      })),
    ),
  },
  {
    bug: "a start at a fraction is rounded",
    law: "illegal-input",
    subject: withDecoder((decoder) => ({
      ...decoder,
      start: (position = 0) => decoder.start(Math.floor(position)),
    })),
  },
  {
    bug: "a text past the context limit does not end at its end of sequence",
    law: "end-of-sequence",
    subject: withGeneration({
      generate: (decoder, prompt, { eosTokenId: id, ...options }) =>
        generate(
          decoder,
          prompt,
          options.truncate || id === undefined ? options : { ...options, eosTokenId: id },
        ),
    }),
  },
  {
    bug: "a batch ends at the context limit, truncated or not",
    law: "end-of-sequence",
    subject: withGeneration({
      generateBatch: (decoder, rows, options) =>
        generateBatch(decoder, rows, { ...options, truncate: false }),
    }),
  },
  {
    bug: "without a choice, the history is that of the new tokens",
    law: "penalty-history",
    subject: withGeneration({
      generate: (decoder, prompt, options) =>
        generate(decoder, prompt, { history: "generated", ...options }),
    }),
  },
  {
    bug: "a negative number of new tokens gives none",
    law: "end-of-sequence",
    subject: withGeneration({
      generate: (decoder, prompt, options) => {
        const maxNewTokens = Math.max(0, options.maxNewTokens);
        return generate(decoder, prompt, { ...options, maxNewTokens });
      },
    }),
  },
  {
    bug: "no proposal a round is taken for one",
    law: "greedy-speculation",
    subject: withGeneration({
      speculate: (target, draft, prompt, options) => {
        const draftTokens = options.draftTokens === 0 ? 1 : options.draftTokens;
        return speculate(target, draft, prompt, { ...options, draftTokens });
      },
    }),
  },
  {
    bug: "a text one longer than the context has no last log-probability",
    law: "log-prob-alignment",
    subject: withGeneration({
      logProbs: (decoder, tokens) =>
        logProbs(decoder, tokens.slice(0, decoder.config.maxPositionEmbeddings)),
    }),
  },
];

describe("bugs at one value", () => {
  test.for(bugs)("$law detects: $bug", async ({ law, subject }) => {
    const verdict = await runLaw(lawById(law), subject, { ...gate, large: 0 });
    expect(verdict.status).toBe("broken");
  });
});
