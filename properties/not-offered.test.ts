/** Laws skip the models that an engine does not offer. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { NotOffered } from "../src/decoder.ts";
import { lawById, laws } from "../src/laws/index.ts";
import { missingNeeds } from "../src/laws/law.ts";
import type { Model } from "../src/model/model.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { defineSubject } from "../src/subjects/define-subject.ts";
import { reference } from "../src/subjects/reference.ts";
import type { Subject } from "../src/subjects/subject.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { reportText } from "../src/verify/verdicts.ts";
import { seed } from "./support.ts";

type Only = NonNullable<Parameters<typeof defineSubject>[0]["only"]>;
const noWindow: Only = { slidingWindow: null };

/** An engine that throws at the start of every model that it does not offer. */
const engine = (offers: (model: Model) => boolean, error: Error, only: Only = noWindow) =>
  defineSubject({
    name: "picky",
    build: (model) => ({
      start: () => {
        if (!offers(model)) throw error;
        return referenceDecoder(model.config, model.weights).start();
      },
    }),
    only,
    arithmetic: "float64",
  });

const hasNoWindow = ({ config }: Model) => config.slidingWindow === null;
const notOffered = new NotOffered("picky: config.slidingWindow must be null");

test.for(["window-receptive-field", "full-width-window"])(
  "%s is not offered if every case is refused",
  async (id) => {
    const subject = engine(hasNoWindow, notOffered);
    const verdict = await runLaw(lawById(id), subject, { seed, runs: 30 });
    expect(verdict).toMatchObject({ status: "not offered", cases: 0 });
    expect(verdict.missing).toEqual([
      expect.stringMatching(/^picky: slidingWindow must be null, got \d+$/),
    ]);
  },
);

test("a law is kept if enough of the offered cases meet its precondition", async () => {
  const law = lawById("cache-equality");
  const subject = engine(({ config }) => config.vocabSize % 4 === 0, notOffered);
  const verdict = await runLaw(law, subject, { seed, runs: 1000 });
  expect(verdict.status).toBe("kept");
  expect(verdict.reached).toBeLessThan(law.precondition.floor * verdict.cases);
});

test("cases that are not offered are not counted as large ones", async () => {
  const law = lawById("cache-equality");
  const settings = { seed, runs: 40, large: 20 };
  const large = async (subject: Subject) => (await runLaw(law, subject, settings)).large;
  const offers = ({ config }: Model) => config.vocabSize % 2 === 0;
  const [some, all] = [await large(engine(offers, notOffered)), await large(reference)];
  expect(all.map(({ cases }) => cases)).toEqual(all.map(() => 20));
  const count = some.reduce((sum, { cases }) => sum + cases, 0);
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(20 * some.length);
});

test("any other error breaks the law", async () => {
  const subject = engine(hasNoWindow, new RangeError("no such window"), {});
  const verdict = await runLaw(lawById("window-receptive-field"), subject, { seed, runs: 30 });
  expect(verdict.status).toBe("broken");
  expect(verdict.failure?.message).toBe("threw no such window");
  const row = reportText({ verdicts: [verdict] })
    .split("\n")
    .find((line) => line.startsWith("│ window-receptive-field"));
  expect(row?.split("│").map((cell) => cell.trim())[6], "worst error").toBe("");
});

/** A correct engine with an option that it cannot choose, and never checks. */
const rightEngine = (only: Only, build = reference.build!) =>
  defineSubject({
    ...{ name: "right", only, build, arithmetic: "float64", bitwise: true },
    capabilities: [...reference.capabilities],
  });

const readme = rightEngine({ norm: "rmsnorm", slidingWindow: null });
const offered = laws.filter((law) => missingNeeds(law, readme).length === 0);

test.for(offered)("the README's engine with `only` breaks no law: $id", async (law) => {
  const verdict = await runLaw(law, readme, { seed, runs: 60 });
  const needsWindow = ["window-receptive-field", "full-width-window"].includes(law.id);
  expect([verdict.status, verdict.reason]).toEqual([needsWindow ? "not offered" : "kept", null]);
});

const lawsByOption: readonly [Only, string][] = [
  [{ slidingWindow: null }, "window-receptive-field"],
  [{ slidingWindow: null }, "full-width-window"],
  [{ positions: "rope", partialRotaryFactor: 1 }, "score-shift"],
  [{ attentionBias: false }, "score-shift"],
  [{ norm: "layernorm" }, "rmsnorm-scale"],
  [{ normEps: 1e-5 }, "rmsnorm-scale"],
  [{ positions: "learned" }, "error-growth"],
];

test.for(lawsByOption)(
  "with only %j, an engine that computes nothing else is not offered %s",
  async ([only, id]) => {
    // Every other model would give logits of another one, as an engine with these options fixed.
    const subject = rightEngine(only, (model) =>
      reference.build!({ ...model, config: { ...model.config, ...only } }),
    );
    const verdict = await runLaw(lawById(id), subject, { seed, runs: 40 });
    expect(verdict.status).toBe("not offered");
    const [[field, value]] = Object.entries(only);
    expect(verdict.missing.join()).toContain(
      `right: ${field} must be ${JSON.stringify(value)}, got`,
    );
  },
);

test("a build that throws skips the case, as a start does", async () => {
  const refused = new NotOffered("head_dim must be a multiple of 4, got 2");
  const picky = (offers: (model: Model) => boolean) =>
    rightEngine({}, (model) => {
      if (!offers(model)) throw refused;
      return reference.build!(model);
    });
  for (const id of ["cache-equality", "history-invariance", "score-shift", "rewind-equality"]) {
    const some = await runLaw(
      lawById(id),
      picky(({ config }) => config.headDim % 4 === 0),
      { seed, runs: 60 },
    );
    expect([id, some.status, some.failure]).toEqual([id, "kept", null]);
    const none = await runLaw(
      lawById(id),
      picky(() => false),
      { seed, runs: 10 },
    );
    expect(none).toMatchObject({ status: "not offered", missing: [refused.message] });
  }
});

test("a fixed engine whose configuration is not one of `only` is refused", () => {
  const [{ decoder }] = fc.sample(reference.candidates, { seed: 1, numRuns: 1 });
  const config = { ...decoder.config, norm: "layernorm" as const };
  const define = () =>
    defineSubject({ name: "f", fixed: { engine: decoder, config }, only: { norm: "rmsnorm" } });
  expect(define).toThrow('subject f: norm must be "rmsnorm", got "layernorm"');
});
