/** Shards, replays and reports of a run. */
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { XMLParser } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { lawById } from "../src/laws/index.ts";
import { type Law, law } from "../src/laws/law.ts";
import { decoderCanary } from "../src/laws/support/canary.ts";
import { LawBroken } from "../src/laws/support/expect.ts";
import { defineSubject } from "../src/subjects/define-subject.ts";
import { reference } from "../src/subjects/reference.ts";
import type { Candidate } from "../src/subjects/subject.ts";
import { junitText } from "../src/verify/junit.ts";
import { replayCase, runLaw } from "../src/verify/run-law.ts";
import { reportText } from "../src/verify/verdicts.ts";
import { exitCodeOf, verify } from "../src/verify/verify.ts";
import { causalgate } from "./command.ts";
import { scratchFolder } from "./scratch.ts";
import { property, seed } from "./support.ts";

const folder = scratchFolder();
const cacheEquality = lawById("cache-equality");

interface NumberCase {
  readonly candidate: Candidate;
  readonly number: number;
}

/** A law that records its cases, and is broken by those from a number on. */
function recording(most = Number.POSITIVE_INFINITY): { law: Law; cases: string[] } {
  const cases: string[] = [];
  const recorded = law<NumberCase>({
    ...{ id: "recording", name: "recording", statement: "recording", source: "this test" },
    ...{ catches: "recording", needs: [], precondition: { name: "none", floor: 0 } },
    cases: (subject) => fc.record({ candidate: subject.candidates, number: fc.nat() }),
    check: ({ candidate: { decoder }, number }) => {
      if (decoder.name !== "canary") cases.push(`${number} ${JSON.stringify(decoder.config)}`);
      if (decoder.name === "canary" || number >= most) throw new LawBroken(`broken by ${number}`);
      return true;
    },
    canaries: [decoderCanary("name", (decoder) => ({ ...decoder, name: "canary" }))],
  });
  return { law: recorded, cases };
}

property(
  "the shards of a run have its cases, each once",
  fc.record({
    runs: fc.integer({ min: 1, max: 60 }),
    count: fc.integer({ min: 1, max: 7 }),
    seed: fc.integer(),
  }),
  async ({ runs, count, seed }) => {
    const whole = recording();
    await runLaw(whole.law, reference, { seed, runs, large: 0 });
    const parts: string[][] = [];
    for (let index = 1; index <= count; index++) {
      const { law, cases } = recording();
      const shard = { index, count };
      const verdict = await runLaw(law, reference, { seed, runs, large: 0, shard });
      expect(verdict).toMatchObject({ cases: cases.length, reached: cases.length });
      expect(verdict.status).toBe(cases.length === 0 ? "unproven" : "kept");
      parts.push(cases);
    }
    const union = whole.cases.map((_, i) => parts[i % count][Math.floor(i / count)]);
    expect(union).toEqual(whole.cases);
    expect(parts.flat()).toHaveLength(runs);
  },
  20,
);

test("a failure of a shard shrinks, and replays without the shard", async () => {
  const shard = { index: 2, count: 3 };
  const { law } = recording(1000);
  const { status, failure } = await runLaw(law, reference, { seed, runs: 60, shard });
  expect([status, failure?.message]).toEqual(["broken", "broken by 1000"]);
  expect(Number.parseInt(failure!.path, 10) % 3).toBe(1);
  const replayed = await replayCase(law, reference, { seed, path: failure!.path });
  expect(replayed?.failure?.message).toBe("broken by 1000");
});

describe("a report", () => {
  const planted = cacheEquality.canaries[0].inject(reference);
  const report = verify(planted, [cacheEquality], { seed, runs: 100 });

  test("has the error that broke a law", async () => {
    const { verdicts } = await report;
    const error = verdicts[0].failure!.largestError!;
    expect(reportText({ verdicts })).toContain(`${error.toExponential(0)}, too large`);
  });

  test("has a message in every JUnit failure", async () => {
    const { verdicts } = await report;
    const parser = new XMLParser({ ignoreAttributes: false });
    const { failure } = parser.parse(junitText({ verdicts })).testsuites.testsuite.testcase;
    expect(failure["@_message"]).toBe(verdicts[0].failure!.message);
    expect(failure["@_type"]).toBe("broken");
    expect(failure["#text"]).toContain("--replay cache-equality/");
  });

  test("lists laws that were not offered at its end alone", async () => {
    const plain = defineSubject({
      ...{ name: "plain", arithmetic: "float64" },
      build: (model) => ({ start: () => reference.build!(model).start() }),
    });
    const laws = ["batch-invariance", "cache-equality"].map(lawById);
    const text = reportText(await verify(plain, laws, { seed, runs: 50 }));
    const [table, rest] = text.split("Not offered, 1: ");
    expect(table).toContain("cache-equality");
    expect(table).not.toContain("batch-invariance");
    expect(rest).toBe("batch-invariance (batch)");
  });
});

test("a run that tested nothing is incomplete", async () => {
  const nothing = await verify(reference, [], { seed, runs: 1 });
  expect(exitCodeOf(nothing)).toBe(3);
  const fixed = defineSubject({ name: "plain", build: (model) => reference.build!(model) });
  const report = await verify(fixed, [lawById("batch-invariance")], { seed, runs: 5 });
  expect(exitCodeOf(report)).toBe(3);
  expect(reportText(report)).toContain("No law was tested\nNot offered, 1: batch-invariance");
});

test("a known failure must name a law", async () => {
  const misspelt = { ...reference, knownFailures: { "P-NOPE": "a reason" } };
  await expect(verify(misspelt, [cacheEquality], { seed, runs: 1 })).rejects.toThrow("got P-NOPE");
});

test("a replay line works from any folder, in a folder with spaces and quotes", async () => {
  const place = join(folder, "it's a folder");
  await mkdir(place);
  await writeFile(
    join(place, "engine.ts"),
    `import { defineSubject } from "causalgate";
     export default defineSubject({ name: "engine", build: () => ({
       start() { return { length: 0, append() { throw new Error("no answer"); } }; } }) });`,
  );
  const chosen = ["--law", "cache-equality", "--runs", "5", "--report", folder];
  const { stdout, code } = await causalgate([
    "verify",
    "--engine",
    join(place, "engine.ts"),
    ...chosen,
  ]);
  expect(code).toBe(1);
  const quoted = `'${place.replace("'", "'\\''")}/engine.ts'`;
  expect(stdout).toContain(`npx causalgate verify --engine ${quoted} --replay cache-equality/`);
  expect(await readFile(join(folder, "laws.xml"), "utf8")).toContain('message="threw no answer"');
  expect(existsSync(join(folder, "corpus.json"))).toBe(true);
});

test("a replay of no case ends with exit code 2", async () => {
  const { code, stderr } = await causalgate(["verify", "--replay", "P-CACHE/42/3:99999"]);
  expect(stderr).toContain("must be a case that exists, got cache-equality/42/3:99999");
  expect(code).toBe(2);
});

test("the shards of a run have its large cases, each once", async () => {
  const settings = { seed, runs: 20, large: 4 };
  const whole = recording();
  await runLaw(whole.law, reference, settings);
  const parts: string[] = [];
  for (const index of [1, 2, 3]) {
    const { law, cases } = recording();
    await runLaw(law, reference, { ...settings, shard: { index, count: 3 } });
    parts.push(...cases);
  }
  expect(whole.cases.length).toBeGreaterThan(20 + 4 * 5);
  expect(parts.toSorted()).toEqual(whole.cases.toSorted());
});
