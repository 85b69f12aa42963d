import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configs } from "../src/arbitraries/configs.ts";
import { dimensions, largestSizes, sizesAround } from "../src/arbitraries/dimensions.ts";
import { Sizes } from "../src/arbitraries/sizes.ts";
import type { Decoder } from "../src/decoder.ts";
import { lawById, laws } from "../src/laws/index.ts";
import type { Law } from "../src/laws/law.ts";
import { withSequences } from "../src/laws/support/wrapped.ts";
import { defineSubject } from "../src/subjects/define-subject.ts";
import { reference } from "../src/subjects/reference.ts";
import { viewOf } from "../src/subjects/views.ts";
import { dimensionsOf } from "../src/verify/large-cases.ts";
import { largeCasesRows, largeCasesText } from "../src/verify/large-cases-table.ts";
import { replayCase, runLaw } from "../src/verify/run-law.ts";
import { describeVerdict, replayLine } from "../src/verify/verdicts.ts";
import { verify } from "../src/verify/verify.ts";
import { property, seed } from "./support.ts";

describe("large sizes", () => {
  test.for(dimensions)("of %s lie on both sides of every power of two", (dimension) => {
    const most = largestSizes[dimension];
    const drawn = new Set(fc.sample(sizesAround(dimension), { seed, numRuns: 4000 }));
    for (let power = 1; power < most; power *= 2) {
      expect(drawn, `${power} and more`).toContain(power);
      expect(drawn, `${power} and more`).toContain(power + 1);
    }
    expect(Math.max(...drawn)).toBeLessThanOrEqual(most);
    expect(Math.min(...drawn)).toBe(1);
  });

  test("lie on both sides of the multiples of a declared threshold", () => {
    const drawn = new Set(fc.sample(sizesAround("tokens", {}, [24]), { seed, numRuns: 4000 }));
    for (const size of [23, 24, 25, 48, 49, 96, 97]) expect(drawn).toContain(size);
  });

  property(
    "reach the configuration, and leave the other dimensions minimal",
    fc.constantFrom("kv-heads", "group", "layers", "head-width", "width", "vocabulary"),
    (dimension) => {
      const large = { dimension, size: 65 } as const;
      const [config] = fc.sample(configs({}, new Sizes(large)), { seed, numRuns: 1 });
      const { numAttentionHeads: N, numKeyValueHeads: K, numHiddenLayers: L } = config;
      const found = {
        "kv-heads": K,
        group: N / K,
        layers: L,
        "head-width": config.headDim,
        width: config.hiddenSize,
        vocabulary: config.vocabSize,
      };
      for (const [name, size] of Object.entries(found)) {
        if (name === dimension) expect(size).toBeGreaterThanOrEqual(65);
        else expect(size, name).toBeLessThan(20);
      }
    },
  );

  property(
    "of texts leave a context that every law can work with",
    fc.tuple(fc.integer({ min: 1, max: 12 }), fc.nat()),
    ([size, seed]) => {
      const sizes = new Sizes({ dimension: "tokens", size });
      const [config] = fc.sample(configs({}, sizes), { seed, numRuns: 1 });
      expect(config.maxPositionEmbeddings).toBeGreaterThanOrEqual(6);
    },
  );

  property(
    "and small ones are those that the subject accepts",
    fc.tuple(fc.constantFrom(null, ...dimensions), fc.integer({ min: 1, max: 300 }), fc.nat()),
    ([dimension, size, seed]) => {
      const limits = {
        "head-width": { multipleOf: 32, max: 128 },
        layers: { max: 4 },
        vocabulary: { min: 32, multipleOf: 32 },
      };
      const large = dimension === null ? null : { dimension, size };
      const [config] = fc.sample(configs({}, new Sizes(large, limits)), { seed, numRuns: 1 });
      expect(config.headDim % 32).toBe(0);
      expect(config.headDim).toBeLessThanOrEqual(128);
      expect(config.numHiddenLayers).toBeLessThanOrEqual(4);
      expect(config.vocabSize % 32).toBe(0);
    },
  );
});

/** The reference, wrong from a number of tokens on. */
const wrongAbove = (most: number) =>
  defineSubject({
    name: `wrong above ${most} tokens`,
    bitwise: true,
    arithmetic: "float64",
    build: ({ config, weights }) =>
      wrongDecoder(reference.build!({ name: "", config, weights }), most),
  });

function wrongDecoder(decoder: Decoder, most: number): Decoder {
  return withSequences(decoder, (sequence) => ({
    append: async (tokens) => {
      const logits = await sequence.append(tokens);
      return sequence.length > most ? logits.map((logit) => logit + tokens.length) : logits;
    },
  }));
}

describe("a bug above a size", () => {
  test("is detected by large cases; the report names the smallest size, and replays it", async () => {
    const law = lawById("cache-equality");
    const subject = wrongAbove(100);
    const verdict = await runLaw(law, subject, { seed: 5, runs: 200, large: 40 });
    expect(verdict.status).toBe("broken");
    expect(verdict.failure?.size).toEqual({ dimension: "tokens", size: 101 });
    expect(describeVerdict(verdict)).toContain("tokens 101, the smallest found");
    expect(describeVerdict(verdict)).toMatch(/, large case \d+, shrunk /);
    expect(verdict).toMatchObject({ cases: 200, large: [{ dimension: "tokens" }] });
    expect(replayLine(verdict)).toMatch(/^cache-equality\/5\/tokens:\d+/);
    const path = verdict.failure!.path;
    expect((await replayCase(law, subject, { seed: 5, path }))?.status).toBe("broken");
    expect(await replayCase(law, reference, { seed: 5, path })).toBeNull();
  });

  test("is looked for in each dimension in a run of a given time, too", async () => {
    const law = lawById("top-k-count");
    const limits = { runs: 400, timeLimitMs: 60_000 };
    const { large } = await runLaw(law, reference, { seed: 5, ...limits });
    const dimensions = large.filter(({ cases }) => cases > 0).map(({ dimension }) => dimension);
    expect(dimensions).toEqual(dimensionsOf(law, viewOf(reference, "choice")!));
  });

  test("is invisible to small cases", async () => {
    const verdict = await runLaw(lawById("cache-equality"), wrongAbove(100), {
      seed: 5,
      runs: 200,
      large: 0,
    });
    expect(verdict).toMatchObject({ status: "kept", large: [] });
  });
});

test("every law with texts, decoders or logits has dimensions", () => {
  const none = laws.filter((law) => dimensionsOf(law, viewOf(reference, law.kind)!).length === 0);
  expect(none.map(({ id }) => id)).toEqual([
    "large-vocabulary",
    "top-p-shift-invariance",
    "sampling-frequencies",
    "finite-log-probs",
    "speculative-distribution",
  ]);
});

test("a law runs at least three large cases in each dimension, and a report counts them", async () => {
  const chosen = ["cache-equality", "top-k-count", "error-growth"].map(lawById);
  const report = await verify(reference, chosen, { seed, runs: 500 });
  const rows = largeCasesRows("run", report);
  for (const law of chosen) {
    const own = rows.filter((row) => row.law === law.id);
    expect(own.map(({ dimension }) => dimension)).toEqual(
      dimensionsOf(law, viewOf(reference, law.kind)!),
    );
    for (const { cases } of own) expect(cases).toBeGreaterThanOrEqual(3);
  }
  expect(largeCasesText(report)).toMatch(/ large cases in \d+ dimensions, at least \d+ of each/);
});

test("a law from outside that ignores sizes has none", () => {
  const plain: Law = { ...lawById("determinism"), cases: () => fc.constant({}) };
  expect(dimensionsOf(plain, reference)).toEqual([]);
});
