/** The mutants of the syntax: their texts, samples, tests and scores. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { schemaVersion } from "../src/io/table.ts";
import type { SyntacticRow } from "../src/verify/syntactic-table.ts";
import { Detections, stepsFor } from "./syntactic/attempt.ts";
import { equivalents, explanationOf } from "./syntactic/equivalent.ts";
import { folders, patched, root, type SyntacticMutant } from "./syntactic/mutants.ts";
import { testFiles } from "./syntactic/record.ts";
import { sampleOf } from "./syntactic/sample.ts";
import { scoresOf, shareInterval } from "./syntactic/score.ts";

const mutant = (index: number, folder: SyntacticMutant["folder"]): SyntacticMutant => ({
  id: `${folder}-${index}`,
  ...{ index, folder, file: `src/${folder}/made.ts`, start: 0, end: 1, line: 1, column: 1 },
  ...{ mutator: "made", original: "a", replacement: "b" },
});

/** 60 mutants of `math`, 30 of `cost`, 10 of `verify`. */
const mutants = (["math", "cost", "verify"] as const).flatMap((folder, i) =>
  Array.from({ length: [60, 30, 10][i] }, (_, index) => mutant(index, folder)),
);

describe("a patch", () => {
  const patch = (source: string, original: string, replacement: string) => {
    const start = source.indexOf(original);
    return patched({ file: "", start, end: start + original.length, replacement }, source);
  };

  test("keeps the meaning of what is around it", () => {
    expect(patch("x = (a * b) ** c;", "a * b", "a / b")).toBe("x = ((a / b)) ** c;");
    expect(patch("a * b ?? c", "a * b", "a && b")).toBe("(a && b) ?? c");
  });

  test("is a statement, a block or a string without parentheses", () => {
    expect(patch("if (a) { b(); }", "{ b(); }", "{}")).toBe("if (a) {}");
    expect(patch("list.push(1);", "list.push(1);", ";")).toBe(";");
    expect(patch("for (;;) a();", "for (;;) a();", "for (; false;) a();")).toBe(
      "for (; false;) a();",
    );
    expect(patch('import("a")', '"a"', '""')).toBe('import("")');
  });
});

describe("a sample", () => {
  test("has each folder's share", () => {
    const counts = (size: number) => {
      const chosen = sampleOf(mutants, size, 42);
      return ["math", "cost", "verify"].map(
        (name) => chosen.filter(({ folder }) => folder === name).length,
      );
    };
    expect(counts(10)).toEqual([6, 3, 1]);
    expect(counts(100)).toEqual([60, 30, 10]);
    expect(counts(1).reduce((sum, count) => sum + count)).toBe(1);
  });

  test("is in a larger one of the same seed, and another with another seed", () => {
    const ids = (size: number, seed: number) => sampleOf(mutants, size, seed).map(({ id }) => id);
    expect(ids(50, 42)).toEqual(expect.arrayContaining(ids(20, 42)));
    expect(ids(20, 42)).toEqual(ids(20, 42));
    expect(ids(20, 42)).not.toEqual(ids(20, 43));
    expect(new Set(ids(100, 42)).size).toBe(100);
  });
});

describe("the tests of a mutant", () => {
  const recorded = [
    {
      file: "slow",
      tests: [{ name: "reaches", ms: 90, indices: [7] }],
      ...{ failing: [], outside: [] },
    },
    {
      file: "fast",
      tests: [
        { name: "reaches", ms: 10, indices: [7, 8] },
        { name: "does not", ms: 1000, indices: [8] },
        { name: "takes long", ms: 5000, indices: [7] },
      ],
      ...{ failing: [], outside: [9] },
    },
    {
      file: "loads",
      tests: [{ name: "any", ms: 1, indices: [] }],
      ...{ failing: [], outside: [7] },
    },
  ];

  const stepsOf = (index: number, detections = new Detections()) =>
    stepsFor({ index, file: "src/a.ts" }, recorded, detections).map(({ file, names }) => [
      file,
      ...names,
    ]);

  test("are those that reach it, the fastest file first, and last those that load it", () => {
    expect(stepsOf(7)).toEqual([
      ["fast", "reaches"],
      ["slow", "reaches"],
      ["fast", "takes long"],
      ["loads", "any"],
    ]);
    expect(stepsOf(9)).toEqual([
      ["fast", "reaches", "does not"],
      ["fast", "takes long"],
    ]);
    expect(stepsOf(1)).toEqual([]);
  });

  test("begin with those that have detected others of the same source file", () => {
    const detections = new Detections();
    detections.add("src/a.ts", "loads");
    detections.add("src/b.ts", "slow");
    expect(stepsOf(7, detections).map(([file]) => file)).toEqual(["loads", "fast", "slow", "fast"]);
  });

  test("are left out beyond two minutes, but for the first ones", () => {
    const test = (name: string, ms: number) => ({ name, ms, indices: [7] });
    const tests = [test("a", 200_000), test("b", 100_000), test("c", 30_000), test("d", 90_000)];
    const one = { file: "long", tests, failing: [], outside: [] };
    const names = (list: typeof tests) =>
      stepsFor({ index: 7, file: "" }, [{ ...one, tests: list }], new Detections()).flatMap(
        (step) => step.names,
      );
    expect(names(tests)).toEqual(["c", "d"]);
    expect(names(tests.slice(0, 1))).toEqual(["a"]);
  });

  test("are of no file that plants mutants", () => {
    expect(testFiles()).toContain("properties/sampling.test.ts");
    expect(testFiles()).not.toContain("properties/mutants.test.ts");
    expect(testFiles(["kernels"])).toEqual(["properties/kernels.test.ts"]);
  });
});

describe("a score", () => {
  const row = (folder: string, status: SyntacticRow["status"]): SyntacticRow => ({
    ...{ schema_version: schemaVersion, run_id: "now", folder, file: "a.ts", line: 1, column: 1 },
    ...{ mutator: "made", original: "a", replacement: "b", status, detected_by: null },
    ...{ seconds: 1, explanation: null },
  });
  const rows = [
    ...(["killed", "timeout", "equivalent", "survived"] as const).map((one) => row("math", one)),
    row("cost", "uncovered"),
  ];

  test("counts equivalent mutants as undetected, and states the score without them too", () => {
    const [math, cost, all] = scoresOf(rows, mutants, "now");
    expect([math, cost, all].map(({ folder }) => folder)).toEqual(["math", "cost", "all"]);
    expect(math).toMatchObject({ mutants: 60, tried: 4, detected: 2, equivalent: 1, survived: 1 });
    expect([math.score, math.score_without_equivalent]).toEqual([0.5, 2 / 3]);
    expect([all.score, all.tried, all.mutants, all.survived]).toEqual([0.4, 5, 100, 2]);
  });

  test("has an interval if mutants were left out, and none if all were tried", () => {
    const few = mutants.filter(({ folder, index }) => folder === "math" && index < 4);
    const [whole] = scoresOf(rows.slice(0, 4), few, "now");
    expect([whole.score_ci_lo, whole.score_ci_hi]).toEqual([0.5, 0.5]);
    const [part] = scoresOf(rows, mutants, "now");
    expect(part.score_ci_lo).toBeLessThan(0.1);
    expect(part.score_ci_hi).toBeGreaterThan(0.9);
  });

  // SciPy 1.17.1: beta.ppf(0.025, hits, count - hits + 1), beta.ppf(0.975, hits + 1, count - hits).
  test.each([
    { hits: 9, count: 10, low: 0.554984, high: 0.997471 },
    { hits: 0, count: 10, low: 0, high: 0.308497 },
    { hits: 10, count: 10, low: 0.691503, high: 1 },
    { hits: 180, count: 200, low: 0.849787, high: 0.937841 },
  ])("of $hits in $count is between $low and $high", ({ hits, count, low, high }) => {
    const [from, to] = shareInterval(hits, count);
    expect(from).toBeCloseTo(low, 5);
    expect(to).toBeCloseTo(high, 5);
  });
});

describe("an explained mutant", () => {
  test("is of a text in its file, and has a reason", () => {
    for (const { file, original, replacement, why } of equivalents) {
      expect(
        folders.some((folder) => file.startsWith(`src/${folder}/`)),
        file,
      ).toBe(true);
      expect(readFileSync(join(root, file), "utf8"), file).toContain(original);
      expect(replacement).not.toBe(original);
      expect(why.length, original).toBeGreaterThan(20);
    }
  });

  test("is found by its file and texts", () => {
    for (const one of equivalents) {
      expect(explanationOf({ ...mutant(0, "math"), ...one })).toBe(one.why);
    }
    expect(explanationOf(mutant(0, "math"))).toBe(null);
  });
});
