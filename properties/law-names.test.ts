/** One name for each law; former codes are accepted where users wrote them down. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { formerCodes, lawId } from "../src/laws/former-codes.ts";
import { lawById, laws } from "../src/laws/index.ts";
import { chapters } from "../src/laws/law.ts";
import * as exported from "../src/laws.ts";
import { reference } from "../src/subjects/reference.ts";
import { readCorpus } from "../src/verify/corpus.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { causalgate } from "./command.ts";
import { scratchFolder } from "./scratch.ts";
import { seed } from "./support.ts";
import { fromSource, runNode } from "./testing/runners.ts";

const folder = scratchFolder();
const camelCase = (id: string) => id.replace(/-(.)/g, (_, letter) => letter.toUpperCase());

describe("a law has one name", () => {
  test.for(laws)("$id is the name of its file and of its export", async (law) => {
    const file = join(import.meta.dirname, `../src/laws/${law.id}.ts`);
    expect(existsSync(file)).toBe(true);
    expect(await import(pathToFileURL(file).href)).toMatchObject({ [camelCase(law.id)]: law });
  });

  test("the folder of laws has no other files", () => {
    const files = readdirSync("src/laws").filter((name) => name.endsWith(".ts"));
    const others = ["all.ts", "former-codes.ts", "index.ts", "law-list-table.ts", "law.ts"];
    expect(files.sort()).toEqual([...laws.map(({ id }) => `${id}.ts`), ...others].sort());
  });

  test("causalgate/laws exports every law by its name, and nothing else", () => {
    expect(new Set(Object.values(exported))).toEqual(new Set(laws));
    expect(Object.entries(exported).filter(([name, { id }]) => name !== camelCase(id))).toEqual([]);
  });

  test("every law has a chapter, every chapter a law", () => {
    expect(new Set(laws.map(({ chapter }) => chapter))).toEqual(new Set(chapters));
  });

  test("four laws have the names that were required", () => {
    const chosen = ["P-CAUS", "P-CACHE", "P-TOPP", "P-TIE"].map(lawId);
    const names = ["prefix-invariance", "cache-equality", "top-p-mass", "tied-weights-memory"];
    expect(chosen).toEqual(names);
  });
});

test("docs/laws.md is the page of these laws", async () => {
  const { stdout } = await causalgate(["laws", "--markdown"]);
  const fix = "npx causalgate laws --markdown > docs/laws.md";
  expect(readFileSync("docs/laws.md", "utf8"), `record it again: ${fix}`).toBe(stdout);
  for (const { id, statement } of laws) {
    const [, section] = stdout.split(`\n### ${id}\n`);
    expect(section.split("###")[0].replaceAll("\\", "")).toContain(statement);
  }
});

describe("former codes", () => {
  test("name 58 laws, each once; later laws have none", () => {
    const named = Object.values(formerCodes);
    expect(new Set(named).size).toBe(58);
    expect(named.map((id) => lawById(id).id)).toEqual(named);
  });

  test("are the table of docs/law-names.md", async () => {
    const { stdout } = await causalgate(["laws", "--former-codes"]);
    const fix = "npx causalgate laws --former-codes > docs/law-names.md";
    expect(readFileSync("docs/law-names.md", "utf8"), `record it again: ${fix}`).toBe(stdout);
  });

  test("are accepted by --law, with one line that gives the new name", async () => {
    const chosen = ["--law", "P-CACHE", "P-TOPP", "P-CACHE", "--runs", "300"];
    const run = await causalgate(["verify", ...chosen, "--report", folder]);
    expect(run.stderr.match(/law P-\S+ is now called \S+/g)).toEqual([
      "law P-CACHE is now called cache-equality",
      "law P-TOPP is now called top-p-mass",
    ]);
    expect(run.stdout).toContain("cache-equality");
    expect(run.stdout).not.toContain("P-CACHE");
    expect(run.code).toBe(0);
  });

  test("are accepted by --replay", async () => {
    const run = await causalgate(["verify", "--replay", "P-CACHE/42/3"]);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stderr).toContain("law P-CACHE is now called cache-equality");
    expect(run.stdout).toContain("cache-equality");
  });

  test("are accepted by knownFailures", async () => {
    const cacheEquality = lawById("cache-equality");
    const [{ inject }] = cacheEquality.canaries;
    const declared = { "P-CACHE": "a single token forgets the past" };
    const subject = inject({ ...reference, knownFailures: declared });
    const { status } = await runLaw(cacheEquality, subject, { seed, runs: 300 });
    expect(status).toBe("known failure");
  });

  test("are accepted in corpus.json, and replaced as it is read", async () => {
    const report = join(folder, "corpus");
    await mkdir(report);
    const lines = ["P-CACHE/42/3", "cache-equality/42/4", "P-CACHE/42/5"];
    const path = join(report, "corpus.json");
    await writeFile(path, JSON.stringify({ reference: lines }));
    const current = lines.map((line) => line.replace("P-CACHE", "cache-equality"));
    expect(await readCorpus(path, expect.fail)).toEqual({ reference: current });
    const chosen = ["--law", "cache-equality", "--runs", "300"];
    const run = await causalgate(["verify", ...chosen, "--report", report]);
    expect(run.stderr.match(/is now called/g)).toHaveLength(1);
    expect(run.stdout).toContain(`cases of ${path} tried first: 3`);
  });

  test("of no law is refused with the list of ids", async () => {
    const run = await causalgate(["verify", "--law", "P-NOTHING", "--report", folder]);
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(
      /^causalgate: law: must be one of .*cache-equality.*, got P-NOTHING/,
    );
  });
});

test("docs/own-laws.md names what the package exports, and its program runs", async () => {
  const page = readFileSync("docs/own-laws.md", "utf8");
  const [, rows] = page.split("| to | use |");
  const names = [...rows.split("\n\n")[0].matchAll(/`([a-zA-Z]+)`/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(20);
  const exported = { ...(await import("../src/index.ts")), ...(await import("../src/vitest.ts")) };
  expect(names.filter((name) => !(name in exported))).toEqual([]);
  const [, program] = /```ts\n([\s\S]*?)```/.exec(page)!;
  const file = join(import.meta.dirname, "../examples", `docs-laws-${process.pid}.ts`);
  await writeFile(file, program);
  const { exitCode, output } = await runNode(["--import", fromSource, file]).finally(() =>
    rm(file),
  );
  expect([exitCode, output]).toEqual([0, expect.stringMatching(/empty-rewind .* kept/)]);
});
