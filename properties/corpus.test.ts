/** Stored cases: tried first, part of the verdict, and never an obstacle to the next run. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lawById } from "../src/laws/index.ts";
import { reference } from "../src/subjects/reference.ts";
import type { LogitsSubject } from "../src/subjects/subject.ts";
import { casesOf, keepCases, lineOf, parseReplay, readCorpus } from "../src/verify/corpus.ts";
import { junitText } from "../src/verify/junit.ts";
import { lawRows } from "../src/verify/laws-table.ts";
import { replayCase, runLaw } from "../src/verify/run-law.ts";
import { reportText } from "../src/verify/verdicts.ts";
import { exitCodeOf, verify } from "../src/verify/verify.ts";
import { causalgate } from "./command.ts";
import { scratchFolder } from "./scratch.ts";
import { property, seed } from "./support.ts";

const folder = scratchFolder();
const law = lawById("cache-equality");
const broken = law.canaries[0].inject(reference) as LogitsSubject;

/** An engine that is wrong at long prompts only: few cases find it. */
const engine = (knownFailures = "{}") => `
  import { defineSubject, referenceDecoder, withSequences } from "causalgate";
  export default defineSubject({ name: "engine", arithmetic: "float64",
    knownFailures: ${knownFailures},
    build: ({ config, weights }) =>
      withSequences(referenceDecoder(config, weights), (sequence) => ({
        append: async (tokens) => {
          const logits = await sequence.append(tokens);
          return sequence.length > 3 && tokens.length === 1 ? logits.map((x) => x + 1) : logits;
        },
      })) });`;

describe("a stored case that still fails", () => {
  test("breaks its law, in every table and the exit code", async () => {
    const { failure } = await runLaw(law, broken, { seed, runs: 100 });
    const stored = [{ id: law.id, seed, path: failure!.path }];
    const report = await verify(broken, [law], { seed: seed ^ 1, runs: 1, stored });
    const [verdict] = report.verdicts;
    expect(verdict).toMatchObject({ status: "broken", seed, cases: 1 });
    expect(verdict.failure?.smallest).toBe(failure?.smallest);
    expect(exitCodeOf(report)).toBe(1);
    expect(reportText(report)).toContain("broken");
    expect(junitText(report)).toContain('failures="1"');
    expect(lawRows("run", report)).toMatchObject([{ status: "broken", replay: lineOf(stored[0]) }]);
  });

  test("is no failure of a subject that is correct now, or known to fail", async () => {
    const { failure } = await runLaw(law, broken, { seed, runs: 100 });
    const stored = [{ id: law.id, seed, path: failure!.path }];
    const options = { seed, runs: 100, stored };
    expect((await runLaw(law, reference, options)).status).toBe("kept");
    const known = { ...broken, knownFailures: { "P-CACHE": "reason" } };
    expect((await runLaw(law, known, options)).status).toBe("known failure");
  });
});

test("a stored path that leads to no case is no failure, and an error in a replay", async () => {
  for (const path of ["3:999", "3:999:0"]) {
    const stored = [{ id: law.id, seed, path }];
    expect((await runLaw(law, reference, { seed, runs: 100, stored })).status).toBe("kept");
    const must = `replay: must be a case that exists, got ${law.id}/${seed}/${path}`;
    await expect(replayCase(law, reference, { seed, path })).rejects.toThrow(must);
  }
});

property(
  "every corpus that is written can be read, and unreadable lines are skipped by name",
  fc.record({
    subject: fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toString")),
    lines: fc.array(fc.oneof(fc.string(), fc.constantFrom("P-ALIAS/42/", "cache-equality/1/2:3"))),
  }),
  async ({ subject, lines }) => {
    const path = join(folder, "written.json");
    await writeFile(path, "{}");
    await keepCases(path, await readCorpus(path, expect.fail), subject, lines);
    const skipped: string[] = [];
    const corpus = await readCorpus(path, (message) => skipped.push(message));
    const good = [...new Set(lines)].filter((line) => line === "cache-equality/1/2:3");
    expect(casesOf(corpus, subject).map(lineOf)).toEqual(good);
    expect(skipped).toHaveLength(new Set(lines).size - good.length);
    for (const message of skipped) expect(message).toContain(`${path}: skipped: replay: must be`);
  },
);

test("a former code, and a number that no run can have", () => {
  expect(parseReplay("P-CACHE/1/2")).toEqual({ id: "cache-equality", seed: 1, path: "2" });
  for (const line of ["P-CACHE/99999999999999999999/0", "P-CACHE/1/999999999999", "P-CACHE/1/"]) {
    expect(() => parseReplay(line)).toThrow(`got "${line}"`);
  }
});

describe("the command", () => {
  const file = join(folder, "engine.ts");
  const corpus = join(folder, "corpus.json");
  const run = (...more: string[]) =>
    causalgate([
      ...["verify", "--engine", file, "--report", folder],
      ...["--law", "cache-equality", ...more],
    ]);

  test("fails while a stored case fails, whatever lines are unreadable", async () => {
    await writeFile(file, engine());
    expect((await run("--runs", "100")).code).toBe(1);
    const [line] = casesOf(await readCorpus(corpus, expect.fail), "engine").map(lineOf);
    const old = line.replace("cache-equality", "P-CACHE");
    await writeFile(corpus, JSON.stringify({ engine: ["P-ALIAS/42/", old] }));
    const { code, stdout } = await run("--runs", "1", "--seed", "7");
    expect(code).toBe(1);
    expect(stdout).toContain(`${corpus}: skipped: replay: must be ID/SEED/PATH`);
    expect(stdout).toContain(`still broken: ${line} of ${corpus}`);
    expect(await readFile(join(folder, "laws.xml"), "utf8")).toContain('failures="1"');
  });

  test("does not store a known failure", async () => {
    await writeFile(file, engine('{ "cache-equality": "a reason" }'));
    await writeFile(corpus, "{}");
    expect((await run("--runs", "100")).code).toBe(0);
    expect(await readFile(corpus, "utf8")).toBe("{}");
  });
});
