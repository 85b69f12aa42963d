/** One checkpoint in float32, the most common engine, with a known model and without. */
import { describe, expect, test } from "vitest";
import { lawById, laws } from "../src/laws/index.ts";
import { missingNeeds } from "../src/laws/law.ts";
import { modelConfig } from "../src/model/config.ts";
import { randomWeights } from "../src/model/weights.ts";
import { defineSubject, type SubjectDefinition } from "../src/subjects/define-subject.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { describeVerdict } from "../src/verify/verdicts.ts";
import { seed } from "./support.ts";
import { type Fault, float32Engine } from "./variants/float32-engine.ts";

const config = modelConfig({
  ...{ vocabSize: 24, hiddenSize: 16, intermediateSize: 24, numHiddenLayers: 2 },
  ...{ numAttentionHeads: 4, numKeyValueHeads: 2, maxPositionEmbeddings: 32 },
});
const model = { name: "a checkpoint", config, weights: randomWeights(config, 1) };

const subjectOf = (knows: boolean, fault: Fault = {}, more: Partial<SubjectDefinition> = {}) =>
  defineSubject({
    name: "float32 engine",
    fixed: { engine: float32Engine(model, fault), config, ...(knows && { model }) },
    capabilities: ["all-rows", "rewind", "fork"],
    ...more,
  });

describe.for([true, false])("a correct engine in float32, model known: %s", (knows) => {
  const subject = subjectOf(knows);
  const offered = laws.filter((law) => missingNeeds(law, subject).length === 0);
  test.for(offered)("keeps $id, and its canary is detected", async (law, { task }) => {
    const verdict = await runLaw(law, subject, { seed, runs: 60 });
    task.meta.cases = verdict.cases;
    if (verdict.status !== "kept") throw new Error(describeVerdict(verdict));
  });

  const statusOf = async (id: string, fault: Fault) =>
    (await runLaw(lawById(id), subjectOf(knows, fault), { seed, runs: 100 })).status;

  test("with a position off by one after a rewind is broken", async () => {
    expect(await statusOf("rewind-equality", { afterRewind: 1 })).toBe("broken");
    expect(await statusOf("history-invariance", { afterRewind: 1 })).toBe("broken");
  });

  test("that leaks a thousandth of the future is broken", async () => {
    expect(await statusOf("prefix-invariance", { future: 1e-3 })).toBe("broken");
  });
});

test("a tolerance of the user takes the place of that of the arithmetic", async () => {
  const law = lawById("cache-equality");
  const strict = subjectOf(true, {}, { tolerance: { absolute: 1e-12, relative: 0 } });
  expect((await runLaw(law, strict, { seed, runs: 60 })).status).toBe("broken");
  const loose = subjectOf(false, {}, { tolerance: { absolute: 0, relative: 2 ** -10 } });
  expect(await runLaw(law, loose, { seed, runs: 60 })).toMatchObject({ status: "kept" });
});
