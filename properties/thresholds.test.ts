import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { describe, expect, test } from "vitest";
import { catalogue } from "./mutants/catalogue.ts";
import { mutants } from "./mutants/index.ts";
import { planted } from "./mutants/mutant.ts";
import { sourceOf } from "./mutants/planting.ts";
import { fromFour } from "./mutants/thresholds/mechanism.ts";
import { reports } from "./mutants/thresholds/reports.ts";
import type { WitnessResult } from "./mutants/thresholds/try-witnesses.ts";
import { thresholdMutants } from "./mutants/thresholds.ts";

describe("the mutants with a threshold", () => {
  test("find their text once in their file", () => {
    for (const mutant of thresholdMutants) {
      const source = sourceOf(mutant.file);
      expect(planted(mutant, source), mutant.id).not.toBe(source);
    }
  });

  test("have ids that no other mutant has, a description and a condition", () => {
    const ids = [...thresholdMutants, ...mutants].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, bug, needs, threshold } of thresholdMutants) {
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
      expect(`${bug} ${needs}`, id).toContain(String(threshold));
      expect(`${bug} ${needs}`, id).not.toMatch(/\bN\b/);
      expect(Math.min(bug.length, needs.length), id).toBeGreaterThan(5);
    }
  });

  test("have links, all of them in their rows of the catalogue or in a public report", () => {
    const used = new Set<string>();
    for (const { id, rows, links } of thresholdMutants) {
      expect(links.length, id).toBeGreaterThan(0);
      const known = rows.flatMap((row) => catalogue.get(row)!.links);
      const others = links.filter((link) => !known.includes(link));
      expect(
        others.filter((link) => !reports.has(link)),
        id,
      ).toEqual([]);
      for (const link of others) used.add(link);
      expect(rows.length > 0 || others.length > 0, id).toBe(true);
    }
    expect([...used].sort()).toEqual([...reports.keys()].sort());
  });

  test("are 104 mechanisms; 17 of them are planted at 4, 16, 64 and 256", () => {
    const mechanisms = Map.groupBy(thresholdMutants, ({ mechanism }) => mechanism);
    const atAll = [...mechanisms.values()].filter((all) =>
      fromFour.every((size) => all.some(({ threshold }) => threshold === size)),
    );
    expect([mechanisms.size, atAll.length]).toEqual([104, 17]);
    const large = thresholdMutants.filter(({ threshold }) => threshold >= 16);
    expect([thresholdMutants.length, large.length]).toEqual([318, 282]);
  });
});

/** Runs every witness in one process. */
async function tryWitnesses(): Promise<WitnessResult[]> {
  const script = join(import.meta.dirname, "mutants/thresholds/try-witnesses.ts");
  const child = spawn(process.execPath, [script], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_NO_WARNINGS: "1" },
  });
  const results: WitnessResult[] = [];
  for await (const line of createInterface({ input: child.stdout })) results.push(JSON.parse(line));
  return results;
}

test("every mutant changes nothing up to its threshold, and a result at the next size", async () => {
  const results = await tryWitnesses();
  expect(results.map(({ id }) => id)).toEqual(thresholdMutants.map(({ id }) => id));
  const wrong = results.filter(
    ({ differsUpTo, differsAbove, error }) =>
      differsUpTo.length > 0 || !differsAbove || error !== null,
  );
  expect(wrong).toEqual([]);
}, 400_000);
