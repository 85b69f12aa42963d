import { globSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { catalogue } from "./mutants/catalogue.ts";
import { areas } from "./mutants/checks/check.ts";
import { mutants } from "./mutants/index.ts";
import { planted } from "./mutants/mutant.ts";
import { sourceOf } from "./mutants/planting.ts";
import { runWorker } from "./mutants/pool.ts";
import { survivors } from "./mutants/survivors.ts";
import { seed } from "./support.ts";

describe("the mutants", () => {
  test.for(mutants)("$id finds its text in $file, once", (mutant) => {
    expect(planted(mutant, sourceOf(mutant.file))).not.toBe(sourceOf(mutant.file));
  });

  test("have unique ids, a description and a condition", () => {
    expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length);
    for (const { id, bug, needs } of mutants) {
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
      expect(bug.length * needs.length).toBeGreaterThan(0);
    }
  });

  test("have the links of their rows in the catalogue, if they happened in public", () => {
    for (const { id, rows, links } of mutants) {
      expect(links.length > 0, id).toBe(rows.length > 0);
      const known = rows.flatMap((row) => catalogue.get(row)!.links);
      expect(links.filter((link) => !known.includes(link))).toEqual([]);
    }
  });

  test("plant 150 of the 169 rows of the catalogue; each other row has a reason", () => {
    const planted = new Set(mutants.flatMap(({ rows }) => rows));
    const reasons = [...catalogue].filter(([, { whyNotPlanted }]) => whyNotPlanted !== null);
    const missing = [...catalogue.keys()].filter((row) => !planted.has(row));
    expect(missing).toEqual(reasons.map(([row]) => row));
    expect([planted.size, catalogue.size]).toEqual([150, 169]);
  });

  test("are tried by the checks of their area: every path of an area exists", () => {
    const files = globSync("src/**/*.ts");
    const gone = Object.values(areas)
      .flat()
      .filter((start) => !files.some((file) => file.startsWith(start)));
    expect(gone).toEqual([]);
  });

  test("include every listed survivor", () => {
    const ids = mutants.map(({ id }) => id);
    expect(Object.keys(survivors).filter((id) => !ids.includes(id))).toEqual([]);
  });

  test("whose text is missing, or there twice, are errors", () => {
    const [mutant] = mutants;
    expect(() => planted(mutant, "")).toThrow(`mutant ${mutant.id}: what it replaces must be once`);
    expect(() => planted(mutant, mutant.find + mutant.find)).toThrow("got 2 times");
  });
});

describe("the catalogue", () => {
  const link = /^https:\/\/github\.com\/[\w.-]+\/[\w.-]+\/(issues\/\d+|commit\/[0-9a-f]{7,40})$/;

  test("has one line of text and a public link in every row", () => {
    for (const [row, { chapter, bug, links }] of catalogue) {
      expect(Number.isInteger(row) && row > 0).toBe(true);
      expect(chapter).toMatch(/^[A-Z]/);
      expect(bug).toMatch(/^\S[^\n]{15,140}$/);
      for (const url of links) expect(url).toMatch(link);
    }
  });
});

/** One mutant of each kind, and the law that must detect it. */
const sample: [id: string, law: string][] = [
  ["position-of-chunk-stands-still", "chunk-invariance"],
  ["mask-all-ones", "prefix-invariance"],
  ["cache-block-read-before-it-is-zeroed", "uninitialised-memory"],
  ["heads-tiled", "definition-equality"],
  ["padding-counted-while-decoding", "padding-invariance"],
  ["top-p-one-more-at-equality", "top-p-mass"],
  ["generate-uncached-loses-its-context", "cached-generation"],
  ["cache-cannot-be-trimmed", "greedy-speculation"],
];

test.for(sample)("%s is detected by %s", async ([id, law], { task }) => {
  const chosen = ["--mutant", id, "--law", law, "--runs", "200", "--seed", String(seed)];
  const { trials } = await runWorker(chosen);
  task.meta.cases = trials[0].cases;
  expect(trials[0].broken).toMatch(/^(Range)?Error: /);
});

test("a mutant that changes nothing survives, and has run", async () => {
  const id = "position-shifted-everywhere";
  const chosen = [
    "--mutant",
    id,
    "--law",
    "position-shift",
    "--runs",
    "20",
    "--seed",
    String(seed),
  ];
  const { trials, ran } = await runWorker([...chosen, "--watch"]);
  expect(trials[0].broken).toBeNull();
  expect(ran).toBe(true);
});
