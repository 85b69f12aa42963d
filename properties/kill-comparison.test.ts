import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { laws } from "../src/laws/index.ts";
import { triedAgain } from "./mutants/again.ts";
import { checks } from "./mutants/checks.ts";
import { compareKills, comparisonText, readKills } from "./mutants/compare.ts";
import { mutants } from "./mutants/index.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();
const published = "reports/published/kill-matrix.csv";

const written = async (name: string, text: string) => {
  const path = join(scratch, name);
  await writeFile(path, text);
  return readKills(path);
};

const older = () =>
  written(
    "old.csv",
    "mutant,chapter,P-CACHE,GOLDEN,P-FORK\nstale-key,cache,4,1,\nrope-swapped,rope,,1,9\n",
  );

test("former codes of laws and checks are read as the names of today", async () => {
  const names = [...(await older()).values()].flatMap((kills) => [...kills.keys()]);
  expect(names).toEqual(["cache-equality", "golden-logits", "golden-logits", "fork-independence"]);
});

test("more detections are no loss", async () => {
  const header = "mutant,chapter,golden-logits,cache-equality,fork-independence,new-law";
  const newer = await written(
    "new.csv",
    `${header}\nrope-swapped,rope,2,,7,\nstale-key,cache,1,8,,3\n`,
  );
  expect(compareKills(await older(), newer)).toEqual({
    missing: [],
    lost: [],
    foundAgain: [],
    kills: { old: 4, new: 5 },
  });
});

test("a planted loss is named by mutant, law and cases; so is a missing mutant", async () => {
  const newer = await written(
    "lost.csv",
    "mutant,chapter,golden-logits,cache-equality\nstale-key,cache,1,\n",
  );
  const comparison = compareKills(await older(), newer);
  expect(comparison).toEqual({
    missing: ["rope-swapped"],
    lost: [{ mutant: "stale-key", law: "cache-equality", cases: 4 }],
    foundAgain: [],
    kills: { old: 4, new: 1 },
  });
  const text = comparisonText(comparison);
  expect(text).toContain("missing: rope-swapped");
  expect(text).toMatch(/stale-key .*cache-equality .* 4/);
  expect(text).toContain("--only stale-key");
});

test("a lost detection is tried with further seeds before it is reported", async () => {
  const losses = ["prefix-invariance", "top-p-mass"].map((law) => {
    return { mutant: "mask-all-ones", law, cases: 4 };
  });
  const { lost, foundAgain } = await triedAgain(losses, { again: 2, runs: 20 });
  expect(foundAgain).toMatchObject([{ law: "prefix-invariance", seed: 1 }]);
  expect(lost).toEqual([losses[1]]); // no sampler has a mask
});

test("a law that is missing from the matrix loses each of its detections", async () => {
  const older = await readKills(published);
  const text = await readFile(published, "utf8");
  const newer = await written("without.csv", text.replace(",cache-equality,", ",renamed,"));
  const { missing, lost } = compareKills(older, newer);
  const count = [...older.values()].filter((kills) => kills.has("cache-equality")).length;
  expect(missing).toEqual([]);
  expect(count).toBeGreaterThan(5);
  expect(lost).toHaveLength(count);
});

test("the published matrix has only mutants, laws and checks of today", async () => {
  const kills = await readKills(published);
  const ids = mutants.map(({ id }) => id);
  expect([...kills.keys()].filter((id) => !ids.includes(id))).toEqual([]);
  const names = [...laws, ...checks].map(({ id }) => id);
  const columns = new Set([...kills.values()].flatMap((of) => [...of.keys()]));
  expect([...columns].filter((name) => !names.includes(name))).toEqual([]);
});

test("a file that is no matrix is refused", async () => {
  await expect(written("other.csv", "law,cases\nx,1\n")).rejects.toThrow(/must be a kill matrix/);
});
