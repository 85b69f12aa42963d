import { globSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { rows } from "./mutants/catalogue.ts";
import { areas } from "./mutants/checks/check.ts";
import { mutants } from "./mutants/index.ts";
import { planted } from "./mutants/mutant.ts";
import { notPlanted } from "./mutants/not-planted.ts";
import { sourceOf } from "./mutants/planting.ts";
import { runWorker } from "./mutants/pool.ts";
import { survivors } from "./mutants/survivors.ts";
import { seed } from "./support.ts";

describe("the mutants", () => {
  test.for(mutants)("$id finds its place in $file, once", (mutant) => {
    expect(planted(mutant, sourceOf(mutant.file))).not.toBe(sourceOf(mutant.file));
  });

  test("have ids of their own, and say what they are and need", () => {
    expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
    for (const { id, bug, needs } of mutants) {
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
      expect(bug.length * needs.length).toBeGreaterThan(0);
    }
  });

  test("link to where their bugs happened, and have a row of the catalogue if they do", () => {
    const link = /^https:\/\/github\.com\/[\w.-]+\/[\w.-]+\/(issues\/\d+|commit\/[0-9a-f]{7,40})$/;
    for (const { rows, links } of mutants) {
      expect(links.length > 0).toBe(rows.length > 0);
      for (const url of links) expect(url).toMatch(link);
    }
  });

  test("are every row of the catalogue, but for those that cannot be planted", () => {
    const there = new Set(mutants.flatMap((mutant) => mutant.rows));
    const missing = Object.keys(notPlanted).map(Number);
    expect(missing.filter((row) => there.has(row))).toEqual([]);
    expect([...there, ...missing].sort((a, b) => a - b)).toEqual([...rows]);
    expect(there.size).toBeGreaterThanOrEqual(120);
  });

  test("are tried by the checks of their area: every path of an area is there", () => {
    const files = globSync("src/**/*.ts");
    const gone = Object.values(areas)
      .flat()
      .filter((start) => !files.some((file) => file.startsWith(start)));
    expect(gone).toEqual([]);
  });

  test("are known by the list of survivors", () => {
    const ids = mutants.map(({ id }) => id);
    expect(Object.keys(survivors).filter((id) => !ids.includes(id))).toEqual([]);
  });

  test("that look for what is not there, or there twice, are errors", () => {
    const [mutant] = mutants;
    expect(() => planted(mutant, "")).toThrow(`mutant ${mutant.id}: what it replaces must be once`);
    expect(() => planted(mutant, mutant.find + mutant.find)).toThrow("got 2 times");
  });
});

/** One of each kind, and the law that must see it; the last one changes nothing. */
const sample: [id: string, law: string][] = [
  ["position-of-chunk-stands-still", "P-CHUNK"],
  ["mask-all-ones", "P-CAUS"],
  ["cache-block-read-before-it-is-zeroed", "P-POISON"],
  ["heads-tiled", "P-GOLD"],
  ["padding-counted-while-decoding", "P-PAD"],
  ["top-p-one-more-at-equality", "P-TOPP"],
  ["generate-uncached-loses-its-context", "P-NAIVE"],
  ["cache-cannot-be-trimmed", "P-SPEC"],
];

test.for(sample)("%s dies of %s", async ([id, law], { task }) => {
  const chosen = ["--mutant", id, "--law", law, "--runs", "200", "--seed", String(seed)];
  const { trials } = await runWorker(chosen);
  task.meta.cases = trials[0].cases;
  expect(trials[0].broken).toMatch(/^(Range)?Error: /);
});

test("a mutant that changes nothing lives, and has run", async () => {
  const id = "position-shifted-everywhere";
  const chosen = ["--mutant", id, "--law", "P-SHIFT", "--runs", "20", "--seed", String(seed)];
  const { trials, ran } = await runWorker([...chosen, "--watch"]);
  expect(trials[0].broken).toBeNull();
  expect(ran).toBe(true);
});
