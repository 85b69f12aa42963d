/** Recording of an engine with a fixed model, and of a server of completions. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readFixture } from "../src/golden/read.ts";
import { modelConfig } from "../src/model/config.ts";
import { randomWeights } from "../src/model/weights.ts";
import { reference } from "../src/subjects/reference.ts";
import {
  check,
  config,
  contentOf,
  fixedEngine,
  freshFolder,
  isKept,
  modelOf,
  record,
  serverOf,
} from "./golden-engines.ts";

describe("an engine that holds its model", () => {
  test.for([true, false])("is recorded by its configuration; model known: %s", async (isKnown) => {
    const folder = freshFolder();
    await record(fixedEngine(modelOf(1), isKnown), folder);
    const fixture = await readFixture(join(folder, "fixed"));
    expect(fixture).toMatchObject({ kind: "engine", config });
    expect(fixture.manifest.largestDifference !== undefined).toBe(isKnown);
    expect(existsSync(join(folder, "fixed", "weights.safetensors"))).toBe(false);
    expect((await check(fixedEngine(modelOf(1), isKnown), folder)).every(isKept)).toBe(true);
    expect((await check(fixedEngine(modelOf(2), isKnown), folder)).some(isKept)).toBe(false);
    const [{ notOffered }] = await check(reference, folder);
    expect(notOffered).toBe(
      "reference offers logits of any model, and the fixture is of kind engine",
    );
    const before = await contentOf(folder);
    expect((await record(fixedEngine(modelOf(1), isKnown), folder)).statuses).toEqual([
      "unchanged",
    ]);
    expect(await contentOf(folder)).toEqual(before);
  });

  test("cannot be given another", async () => {
    const recording = record(fixedEngine(modelOf(1), true), freshFolder(), {
      models: [modelOf(1)],
    });
    await expect(recording).rejects.toThrow("fixed holds its own model, so no model can be chosen");
  });

  test("of another configuration is refused by the field", async () => {
    const folder = freshFolder();
    await record(fixedEngine(modelOf(1), true), folder);
    const other = modelConfig({ ...config, maxPositionEmbeddings: 13 });
    const model = { name: "other", config: other, weights: randomWeights(other, 1) };
    const checking = check(fixedEngine(model, true), folder);
    await expect(checking).rejects.toThrow("max_position_embeddings of fixed must be 12, got 13");
  });
});

describe("a server of completions", () => {
  test("is recorded by its most probable tokens", async () => {
    const folder = freshFolder();
    await record(serverOf(modelOf(1)), folder);
    const fixture = await readFixture(join(folder, "server"));
    expect(fixture).toMatchObject({ kind: "completions", vocabSize: 11, topLogProbs: 5 });
    expect(fixture.cases).toHaveLength(3);
    const before = await contentOf(folder);
    expect((await record(serverOf(modelOf(1)), folder)).statuses).toEqual(["unchanged"]);
    expect(await contentOf(folder)).toEqual(before);
    expect((await check(serverOf(modelOf(1)), folder)).every(isKept)).toBe(true);
  });

  test("with drifting log-probabilities differs, even if it returns the same tokens", async () => {
    const folder = freshFolder();
    await record(serverOf(modelOf(1)), folder);
    const drift = (by: number) => serverOf(modelOf(1), by);
    expect((await record(drift(1e-9), folder)).statuses).toEqual(["rounding"]);
    const { statuses, differences } = await record(drift(1e-3), folder);
    expect(statuses).toEqual(["changed"]);
    expect(differences[0]).toMatchObject({ part: "completion", case: 1, position: 0 });
    expect(differences[0].token).not.toBeNull();
    expect(differences[0].largestError).toBeCloseTo(1e-3, 9);
    expect((await check(drift(1e-9), folder)).every(isKept)).toBe(true);
    expect((await check(drift(1e-3), folder)).some(isKept)).toBe(false);
  });

  test("of another model differs, by the first token or log-probability", async () => {
    const folder = freshFolder();
    await record(serverOf(modelOf(1)), folder);
    const { statuses, differences } = await record(serverOf(modelOf(2)), folder);
    expect(statuses).toEqual(["changed"]);
    expect(differences[0]).toMatchObject({ part: "completion", case: 1, position: 0 });
    expect((await check(serverOf(modelOf(2)), folder)).some(isKept)).toBe(false);
  });
});
