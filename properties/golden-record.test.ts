/** Recording of an engine that computes any model, and what is overwritten. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { differencesText } from "../src/golden/differences.ts";
import { fixtureFolders, readFixture, readFixtures } from "../src/golden/read.ts";
import { reference } from "../src/subjects/reference.ts";
import { causalgate } from "./command.ts";
import {
  check,
  config,
  contentOf,
  engineOf,
  freshFolder,
  isKept,
  modelOf,
  record,
  startNaive,
} from "./golden-engines.ts";

describe("an engine of any model", () => {
  test("is recorded on one model of each family that it offers", async () => {
    const folder = freshFolder();
    const { statuses, notOffered } = await record(engineOf(), folder);
    expect(statuses).toEqual(["new", "new", "new"]);
    expect(notOffered.map((line) => line.split(":")[0])).toEqual(["gpt2", "neox", "sinusoidal"]);
    const fixtures = await readFixtures(folder);
    expect(fixtures.map(({ name }) => name)).toEqual([
      "my-engine-llama",
      "my-engine-mistral",
      "my-engine-qwen",
    ]);
    for (const { manifest } of fixtures) {
      expect(manifest).toMatchObject({ by: "my engine", command: "record it" });
      expect(manifest.largestDifference).toBeLessThanOrEqual(manifest.tolerance);
    }
    expect((await check(reference, folder)).every(isKept)).toBe(true);
  });

  test("recorded again on unchanged code changes no byte and no time", async () => {
    const folder = freshFolder();
    await record(engineOf(), folder);
    const before = await contentOf(folder);
    for (const update of [false, true]) {
      const { statuses, differences } = await record(engineOf(), folder, { update });
      expect(new Set(statuses)).toEqual(new Set(["unchanged"]));
      expect(differences).toEqual([]);
    }
    expect(await contentOf(folder)).toEqual(before);
    expect(before).toHaveLength(12);
  });

  test("that changed is shown with the first logit, and overwritten only on demand", async () => {
    const folder = freshFolder();
    const known = { knownFailures: { "definition-equality": "on purpose" } };
    await record(engineOf(0, known), folder);
    const before = await contentOf(folder);
    const changed = await record(engineOf(1e-3, known), folder);
    expect(changed.statuses).toEqual(["changed", "changed", "changed"]);
    const [fixture] = await readFixtures(folder);
    const old = fixture.kind === "model" ? fixture.cases[1].logits[5][7] : 0;
    expect(changed.differences[0]).toMatchObject({
      fixture: "my-engine-llama",
      part: "logits",
      case: 2,
      position: 5,
      token: 7,
      old: String(old),
      new: String(old + 1e-3),
      isWithinTolerance: false,
    });
    expect(changed.differences[0].largestError).toBeCloseTo(1e-3, 10);
    expect(differencesText(changed.differences)).toMatch(
      /my-engine-llama .* 2 .* 5 .* 7 .*1\.0e-3/,
    );
    expect(changed.text).toContain("--update overwrites it");
    expect(await contentOf(folder)).toEqual(before);
    expect((await check(engineOf(1e-3, known), folder)).some(isKept)).toBe(false);

    await record(engineOf(1e-3, known), folder, { update: true });
    expect((await check(engineOf(1e-3, known), folder)).every(isKept)).toBe(true);
    expect((await check(reference, folder)).some(isKept)).toBe(false);
  });

  test("that differs by less than its tolerance is not changed", async () => {
    const folder = freshFolder();
    await record(engineOf(), folder);
    const before = await contentOf(folder);
    const { statuses, differences } = await record(engineOf(1e-14), folder);
    expect(new Set(statuses)).toEqual(new Set(["rounding"]));
    expect(differences.every(({ isWithinTolerance }) => isWithinTolerance)).toBe(true);
    expect(await contentOf(folder)).toEqual(before);
  });

  test("that is not the definition's is refused, unless that is a known failure", async () => {
    const folder = freshFolder();
    const { text } = await record(engineOf(1e-3), folder, { update: true });
    expect(text).toMatch(
      /NOT WRITTEN\n {2}my-engine-llama: the logits must be within \S+ of the def/,
    );
    expect(existsSync(folder)).toBe(false);
  });

  test("is recorded on chosen models and tokens, and then again on those", async () => {
    const folder = freshFolder();
    const tokens = [[1, 2], [3]];
    await record(engineOf(), folder, { models: [modelOf(1)], tokens });
    const fixture = await readFixture(join(folder, "my-engine-small"));
    expect(fixture).toMatchObject({ cases: tokens.map((ids) => ({ tokens: ids })) });
    const before = await contentOf(folder);
    expect((await record(engineOf(), folder)).statuses).toEqual(["unchanged"]);
    expect(await contentOf(folder)).toEqual(before);
    const other = await record(engineOf(), folder, { models: [modelOf(2)], tokens: [[1, 2]] });
    const rows = other.differences.filter(({ part }) => part !== "tolerance");
    expect(rows.map(({ part, case: which }) => [part.split(" ")[0], which])).toEqual([
      ["weights", null],
      ["logits", 1],
      ["tokens", 2],
    ]);
  });

  test("whose logits differ from run to run is refused", async () => {
    let runs = 0;
    const subject = engineOf(0, {
      build: (model) => ({ start: () => startNaive(model, runs++ === 1 ? 0 : 0.1) }),
    });
    await expect(record(subject, freshFolder())).rejects.toThrow(/must be the same in every run/);
  });

  test("whose logits are NaN is refused", async () => {
    const subject = engineOf(Number.NaN, {
      knownFailures: { "definition-equality": "on purpose" },
    });
    await expect(record(subject, freshFolder())).rejects.toThrow(/must be finite|in every run/);
  });

  test("is not run on a model that it does not offer", async () => {
    const model = { ...modelOf(1), config: { ...config, norm: "layernorm" as const } };
    const recording = record(engineOf(), freshFolder(), { models: [model] });
    await expect(recording).rejects.toThrow('my engine: norm must be "rmsnorm", got "layernorm"');
  });
});

describe("an existing folder", () => {
  test("is refused and not changed if it is no fixture", async () => {
    const folder = freshFolder();
    const file = join(folder, "my-engine-small", "notes.txt");
    await mkdir(join(file, ".."), { recursive: true });
    await writeFile(file, "mine");
    for (const update of [false, true]) {
      const recording = record(engineOf(), folder, { models: [modelOf(1)], update });
      await expect(recording).rejects.toThrow("must be a fixture or not exist, got no manifest");
    }
    expect(await readFile(file, "utf8")).toBe("mine");
    expect(await readdir(join(folder, "my-engine-small"))).toEqual(["notes.txt"]);
  });

  test("is refused if it is damaged, and replaced only on demand", async () => {
    const folder = freshFolder();
    const chosen = { models: [modelOf(1)], tokens: [[1, 2]] };
    await record(engineOf(), folder, chosen);
    const file = join(folder, "my-engine-small", "logits.json");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("0.", "1."));
    await expect(record(engineOf(), folder, chosen)).rejects.toThrow(/the sha256 must be/);
    const { differences } = await record(engineOf(), folder, { ...chosen, update: true });
    expect(differences).toMatchObject([{ part: "files", old: "damaged" }]);
    expect(await readFile(file, "utf8")).toBe(text);
  });

  test("without its manifest is an error", async () => {
    const folder = freshFolder();
    await record(engineOf(), folder);
    await rm(join(folder, "my-engine-qwen", "manifest.json"));
    await expect(fixtureFolders(folder)).rejects.toThrow(/my-engine-qwen must hold manifest.json/);
  });
});

test("on the command line: recorded, kept, changed with exit code 1, and refused", async () => {
  const folder = freshFolder();
  const chosen = ["--model", "demo", "--tokens", "3,7,11", "5", "--out", folder];
  const first = await causalgate(["golden", "record", "--subject", "reference", ...chosen]);
  expect(first).toMatchObject({ code: 0, stderr: "" });
  expect(first.stdout).toMatch(
    /reference-demo: 4 x 256 logits, tolerance \S+, 0 off the def.*: new/,
  );
  expect(await causalgate(["golden", "check", folder])).toMatchObject({ code: 0 });
  const other = ["--model", "demo", "--tokens", "3,7,12", "--out", folder];
  const again = await causalgate(["golden", "record", "--subject", "reference", ...other]);
  expect(again.code).toBe(1);
  expect(again.stdout).toMatch(/reference-demo .*tokens .*\[3,7,11\] .*\[3,7,12\]/);
  const missing = await causalgate(["golden", "check", join(folder, "missing")]);
  expect(missing).toMatchObject({ code: 2 });
  expect(missing.stderr).toContain("the folder of fixtures must exist");
});
