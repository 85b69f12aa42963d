/** Recording of samplers and speculative rules. */
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { speculate } from "../src/generation/speculate.ts";
import { readFixture } from "../src/golden/read.ts";
import { sampler } from "../src/sampling/sampler.ts";
import { defineSampler, type SamplerDefinition } from "../src/subjects/define-sampler.ts";
import { reference } from "../src/subjects/reference.ts";
import { causalgate } from "./command.ts";
import {
  check,
  contentOf,
  engineOf,
  freshFolder,
  isKept,
  modelOf,
  record,
  serverOf,
} from "./golden-engines.ts";

/** The sampler of this project with changes. */
const samplerOf = (change: Partial<SamplerDefinition> = {}) =>
  defineSampler({ ...sampler, name: "my sampler", speculate, ...change });

const recorded = async (change?: Partial<SamplerDefinition>) => {
  const folder = freshFolder();
  await record(samplerOf(change), folder);
  return folder;
};

describe("a sampler", () => {
  test("is recorded by every function that it offers, and kept", async () => {
    const folder = freshFolder();
    expect((await record(samplerOf(), folder)).statuses).toEqual(["new"]);
    const fixture = await readFixture(join(folder, "my-sampler"));
    expect(fixture.kind).toBe("choice");
    const cases = fixture.kind === "choice" ? fixture.cases : [];
    const functions = Object.keys(sampler).filter((name) => name !== "conventions");
    expect(new Set(cases.map((one) => one.function))).toEqual(new Set([...functions, "speculate"]));
    expect(cases.some(({ result }) => result.includes(Number.NEGATIVE_INFINITY))).toBe(true);
    expect((await check(samplerOf(), folder)).every(isKept)).toBe(true);
    expect((await check(reference, folder)).every(isKept)).toBe(true);
  });

  test("recorded again changes no byte and no time", async () => {
    const folder = await recorded();
    const before = await contentOf(folder);
    for (const update of [false, true]) {
      expect((await record(samplerOf(), folder, { update })).statuses).toEqual(["unchanged"]);
    }
    expect((await record(samplerOf(), folder, { seed: 7 })).statuses).toEqual(["unchanged"]);
    expect(await contentOf(folder)).toEqual(before);
  });

  const { topK, topP, draw, sample, distribution, conventions } = sampler;
  const bugs: readonly (readonly [name: string, change: Partial<SamplerDefinition>])[] = [
    ["topK", { topK: (logits, k) => topK(logits, k === 0 ? 0 : k + 1) }],
    ["topP", { topP: (logits, p) => topP(logits, p).map((x) => x + 1e-6) }],
    ["draw", { draw: (probs, u) => draw(probs, 1 - u) }],
    ["sample", { sample: (row, options, random) => sample(row, options, random) }],
    ["distribution", { distribution: (row, { minP: _, ...rest }) => distribution(row, rest) }],
    [
      "speculate",
      {
        speculate: (target, _, prompt, options) => speculate(target, target, prompt, options),
      },
    ],
  ];
  test.for(bugs)("with another %s differs there, and only there", async ([name, change]) => {
    const folder = await recorded();
    const before = await contentOf(folder);
    const { statuses, differences } = await record(samplerOf(change), folder);
    expect(statuses).toEqual(["changed"]);
    expect(new Set(differences.map(({ part }) => part))).toEqual(new Set([name]));
    expect(await contentOf(folder)).toEqual(before);
    const [{ verdict }] = await check(samplerOf(change), folder);
    expect(verdict?.difference).toMatch(
      new RegExp(`^case \\d+, ${name} with .* of the result is \\S+, but should be `),
    );
    expect((await record(samplerOf(change), folder, { update: true })).statuses).toEqual([
      "changed",
    ]);
    expect((await check(samplerOf(change), folder)).every(isKept)).toBe(true);
  });

  test("that differs by less than the tolerance is not changed", async () => {
    const folder = await recorded();
    const rounded = samplerOf({ topP: (logits, p) => topP(logits, p).map((x) => x + 1e-12) });
    const { statuses, differences } = await record(rounded, folder);
    expect(statuses).toEqual(["rounding"]);
    expect(differences.every(({ isWithinTolerance }) => isWithinTolerance)).toBe(true);
    expect((await check(rounded, folder)).every(isKept)).toBe(true);
  });

  test("with one function more or less is shown, and replaced on demand", async () => {
    const folder = freshFolder();
    const two = defineSampler({ name: "two", topK, topP });
    const three = defineSampler({ name: "two", topK, topP, draw, conventions });
    await record(two, folder);
    for (const [next, list] of [
      [three, "topK topP draw"],
      [two, "topK topP"],
    ] as const) {
      const { statuses, differences } = await record(next, folder, { update: true });
      expect(statuses).toEqual(["changed"]);
      expect(differences).toMatchObject([{ part: "functions", new: list }]);
      expect((await check(next, folder)).every(isKept)).toBe(true);
    }
    const [{ verdict }] = await check(defineSampler({ name: "two", topK }), folder);
    expect(verdict?.difference).toContain('topP with {"topP":1}: the result is not offered');
    const [{ notOffered }] = await check(defineSampler({ name: "other", draw }), folder);
    expect(notOffered).toBe("other offers none of the recorded functions: topK, topP");
  });

  test("whose draws have another source is refused", async () => {
    const random = { sample: () => Math.floor(12 * Math.random()) };
    const recording = record(samplerOf(random), freshFolder());
    await expect(recording).rejects.toThrow("the result of sample must be the same in every run");
  });

  test("that returns NaN is refused", async () => {
    const recording = record(
      samplerOf({ topK: ({ length }) => new Float64Array(length).fill(Number.NaN) }),
      freshFolder(),
    );
    await expect(recording).rejects.toThrow(/topK must .* got NaN/);
  });

  test("cannot be given a model or tokens", async () => {
    const models = record(samplerOf(), freshFolder(), { models: [modelOf(1)] });
    await expect(models).rejects.toThrow("my sampler is a sampler, so no model can be chosen");
    const tokens = record(samplerOf(), freshFolder(), { tokens: [[1]] });
    await expect(tokens).rejects.toThrow("my sampler is a sampler, so no --tokens can be chosen");
  });

  test("is not compared with a subject that has none", async () => {
    const [{ notOffered }] = await check(serverOf(modelOf(1)), await recorded());
    expect(notOffered).toBe(
      "server offers completions and no logits, and the fixture is of kind choice",
    );
  });
});

describe("on the command line", () => {
  test("the sampler of the examples is recorded, and kept", async () => {
    const folder = freshFolder();
    const engine = ["--engine", resolve("examples/003-sampler.ts")];
    const record = ["golden", "record", ...engine, "--out", folder];
    const first = await causalgate(record);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(/own-sampler: \d+ calls of 4 functions, tolerance 1e-9: new/);
    expect((await causalgate(record)).stdout).toContain(": unchanged");
    expect(await causalgate(["golden", "check", ...engine, folder])).toMatchObject({ code: 0 });
    const { manifest } = await readFixture(join(folder, "own-sampler"));
    expect(manifest.command).toMatch(
      /^npx causalgate golden record --engine examples\/003-sampler.ts --seed 42 --out \.\.\//,
    );
  });

  test.for([
    ["examples/001-own-engine.ts", "own-engine-fixed-options", "logits.json"],
    ["examples/002-own-engine.js", "own-engine-without-a-cache-qwen", "weights.safetensors"],
    ["examples/003-sampler.ts", "own-sampler", "choices.json"],
    ["examples/003-sampler.ts", "own-sampler", "manifest.json"],
  ])(
    "a damaged fixture of %s: the command of the error repairs it",
    async ([engine, name, file]) => {
      const folder = freshFolder();
      const record = ["golden", "record", "--engine", engine, "--out", folder];
      await causalgate(record);
      const before = (await contentOf(folder)).map(([path, , text]) => [path, text]);
      await writeFile(join(folder, name, file), "damaged");
      const { code, stderr } = await causalgate(record);
      expect(code).toBe(2);
      const [, advised] = /record it again: npx causalgate (.*)$/m.exec(stderr) ?? [];
      const command = file === "manifest.json" ? [...record, "--update"] : advised.split(" ");
      expect(command.at(-1)).toBe("--update");
      const repaired = await causalgate(command);
      expect(repaired, repaired.stderr).toMatchObject({ code: 0 });
      expect((await contentOf(folder)).map(([path, , text]) => [path, text])).toEqual(before);
    },
  );
});

test("a damaged fixture of another engine is left alone", async () => {
  const folder = await recorded();
  await writeFile(join(folder, "my-sampler", "choices.json"), "damaged");
  expect((await record(engineOf(), folder)).statuses).toEqual(["new", "new", "new"]);
});
