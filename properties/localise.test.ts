/** The place where a broken decoder departs from the definition, and declared failures. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { models } from "../src/arbitraries/models.ts";
import { rawTokens, tokensOf } from "../src/arbitraries/tokens.ts";
import type { Stages } from "../src/decoder.ts";
import { forwardStages } from "../src/definition.ts";
import { lawById } from "../src/laws/index.ts";
import { buildWeights, type Weights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { reference } from "../src/subjects/reference.ts";
import type { Subject } from "../src/subjects/subject.ts";
import { firstDeparture } from "../src/verify/localise.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { runLaws } from "../src/verify/run-laws.ts";
import { replayLine, reportJson } from "../src/verify/verdicts.ts";
import { exitCodeOf } from "../src/verify/verify.ts";
import { property, seed } from "./support.ts";

const gold = lawById("definition-equality");

describe("the first departure of one pass from another", () => {
  const passes = fc.record({
    model: models(),
    raw: rawTokens(),
    at: fc.tuple(fc.nat(), fc.nat(), fc.nat()),
    stage: fc.constantFrom("query", "key", "value", "mixed", "afterAttention", "output"),
  });
  const none = { absolute: 0, relative: 0 };

  property("is the one entry that was changed", passes, ({ model, raw, at, stage }) => {
    const tokens = tokensOf(model.config, raw);
    const { numHiddenLayers: L, headDim: H } = model.config;
    const expected = forwardStages(model.config, model.weights, tokens);
    expect(firstDeparture(expected, expected, H, none)).toBe(null);
    const [layer, position] = [at[0] % L, at[1] % tokens.length];
    const actual: Stages = structuredClone(expected);
    const row = actual.layers[layer][stage as "query"][position];
    const entry = at[2] % row.length;
    row[entry] += 1 + Math.abs(row[entry]);
    const hasHeads = stage !== "afterAttention" && stage !== "output";
    expect(firstDeparture(actual, expected, H, none)).toMatchObject({
      ...{ position, layer, stage },
      ...{ head: hasHeads ? Math.floor(entry / H) : null, entry: hasHeads ? entry % H : entry },
    });
  });
});

property(
  "the stages of the reference are those of the definition, to the logits",
  fc.record({ model: models(), raw: rawTokens() }),
  async ({ model: { config, weights }, raw }) => {
    const tokens = tokensOf(config, raw);
    const expected = forwardStages(config, weights, tokens);
    const actual = await referenceDecoder(config, weights).stages!(tokens);
    const rounding = { absolute: 1e-9, relative: 1e-9 };
    expect(firstDeparture(actual, expected, config.headDim, rounding)).toBe(null);
    expect(actual.logits.length).toBe(tokens.length);
    for (const [i, row] of expected.logits.entries()) {
      expect(actual.logits[i].length).toBe(row.length);
      for (const [v, logit] of row.entries()) expect(actual.logits[i][v]).toBeCloseTo(logit, 6);
    }
  },
);

/** The reference, with other weights than it declares. */
function misreading(change: (weights: Weights) => void): Subject {
  const candidates = reference.candidates.map((candidate) => {
    const { config, weights } = candidate.model!;
    const copies = new Map(weights.tensors.map(({ name, data }) => [name, data.slice()]));
    const wrong = buildWeights(config, (name) => copies.get(name)!);
    change(wrong);
    return { ...candidate, decoder: referenceDecoder(config, wrong) };
  });
  return { ...reference, candidates };
}

describe("a broken decoder with stages", () => {
  test.for([
    [
      "value",
      (weights: Weights) => weights.layers[0].vProj.weight.fill(0.5),
      /layer 0, value, head 0/,
    ],
    [
      "output",
      (weights: Weights) => weights.layers[0].downProj.weight.fill(3),
      /layer 0, output, entry/,
    ],
    [
      "embedding",
      (weights: Weights) => weights.embedTokens.fill(7),
      /position 0, embedding, entry 0/,
    ],
  ] as const)("is located at its %s", async ([, change, where]) => {
    const { status, failure } = await runLaw(gold, misreading(change), { seed, runs: 50 });
    expect(status).toBe("broken");
    expect(failure?.where).toMatch(where);
    expect(failure?.where).toMatch(/: \S+, but should be \S+$/);
  });
});

describe("a declared failure", () => {
  const broken = misreading((weights) => weights.embedTokens.fill(7));
  const declared = { "definition-equality": "it reads its embedding wrong" };
  const report = async (subject: Subject) => {
    const verdict = await runLaw(gold, { ...subject, knownFailures: declared }, { seed, runs: 20 });
    return { verdict, code: exitCodeOf({ verdicts: [verdict] }) };
  };

  test("is known, and the run passes", async () => {
    const { verdict, code } = await report(broken);
    expect([verdict.status, code]).toEqual(["known failure", 0]);
    expect(verdict.failure).not.toBe(null);
  });

  test("must still fail", async () => {
    const { verdict, code } = await report(reference);
    expect([verdict.status, code]).toEqual(["now kept", 1]);
  });

  test("is printed when it is found, and when it is no longer one", async () => {
    const printed: string[] = [];
    for (const subject of [broken, reference]) {
      const settings = { seed, runs: 20 };
      const known = { ...subject, knownFailures: declared };
      await runLaws(known, [gold], settings, (text) => printed.push(text));
    }
    expect(printed).toEqual([
      expect.stringContaining("definition-equality: known failure"),
      expect.stringContaining("definition-equality: declared a known failure, but no case"),
    ]);
  });

  test("has a line that replays it in the data of the report, and a kept law none", async () => {
    const verdicts = [(await report(broken)).verdict, (await report(reference)).verdict];
    expect(reportJson({ verdicts })).toMatchObject([
      { law: gold.id, replay: replayLine(verdicts[0]) },
      { law: gold.id, replay: null },
    ]);
  });
});
