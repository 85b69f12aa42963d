/** A run that the clock stops is out of time: the clock decides no other verdict. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lawById, laws } from "../src/laws/index.ts";
import type { Law } from "../src/laws/law.ts";
import type { Model } from "../src/model/model.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { defineSubject } from "../src/subjects/define-subject.ts";
import { reference } from "../src/subjects/reference.ts";
import { readCorpus } from "../src/verify/corpus.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { exitCodeOf, verify } from "../src/verify/verify.ts";
import { causalgate } from "./command.ts";
import { scratchFolder } from "./scratch.ts";
import { property, seed } from "./support.ts";

const folder = scratchFolder();
const cacheEquality = lawById("cache-equality");
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A correct engine that waits before every answer. */
const slow = (ms: number, answer: () => Promise<unknown> = () => wait(ms)) =>
  defineSubject({
    name: "slow",
    arithmetic: "float64",
    build: ({ config, weights }: Model) => ({
      start: async () => {
        const sequence = await referenceDecoder(config, weights).start();
        return {
          get length() {
            return sequence.length;
          },
          append: async (tokens) => {
            await answer();
            return sequence.append(tokens);
          },
        };
      },
    }),
  });

describe("a law that the clock stops", () => {
  test("is out of time, with the number of cases that it completed", async () => {
    const verdict = await runLaw(cacheEquality, slow(20), { seed, runs: 1e6, timeLimitMs: 1 });
    expect(verdict).toMatchObject({ status: "out of time", cases: 1, failure: null });
    const must = "cache-equality is out of time: at least 20 cases must be completed, got 1 in ";
    expect(verdict.reason).toContain(must);
    expect(exitCodeOf({ verdicts: [verdict] })).toBe(3);
  });

  test("is kept if enough cases were completed before", async () => {
    const options = { seed, runs: 1e6, timeLimitMs: 4000 };
    const verdict = await runLaw(cacheEquality, reference, options);
    expect(verdict).toMatchObject({ status: "kept", reason: null });
    expect(verdict.cases).toBeGreaterThan(20);
  });

  test("is not out of time if it completed all requested cases", async () => {
    const { status, reason } = await runLaw(cacheEquality, reference, {
      ...{ seed, runs: 5, timeLimitMs: 600_000 },
    });
    expect([status, reason]).not.toContain("out of time");
  });

  test("stays broken, and shrinking ends in time", async () => {
    const subject = cacheEquality.canaries[0].inject(slow(5));
    const start = performance.now();
    const verdict = await runLaw(cacheEquality, subject, { seed, runs: 1e6, timeLimitMs: 1 });
    // One case may need seconds on a busy machine; all shrinking of it needs hundreds of cases.
    expect(verdict.status).toMatch(/^(?:broken|out of time)$/);
    const longer = { seed, runs: 1e6, timeLimitMs: 3000 };
    const { status, failure } = await runLaw(cacheEquality, subject, longer);
    expect(status).toBe("broken");
    expect(failure?.path).toMatch(/^\d/);
    expect(performance.now() - start).toBeLessThan(30_000);
  });

  test("is out of time if the time of its canaries is not enough", async () => {
    const canaries: Law["canaries"] = [{ bug: "nothing at all", inject: (subject) => subject }];
    const options = { seed, runs: 1e6, timeLimitMs: 3000 };
    const start = performance.now();
    const verdict = await runLaw({ ...cacheEquality, canaries }, reference, options);
    expect(performance.now() - start).toBeLessThan(20_000);
    expect(verdict).toMatchObject({ status: "out of time", failure: null });
    expect(verdict.reason).toContain('"nothing at all" was not detected in ');
  });
});

property(
  "a correct engine is never broken, whatever the time limit",
  fc.record({
    law: fc.constantFrom(...laws.filter(({ kind }) => kind === "logits")),
    timeLimitMs: fc.double({ min: 0.001, max: 60, noNaN: true }),
    delayMs: fc.nat({ max: 3 }),
  }),
  async ({ law, timeLimitMs, delayMs }) => {
    const subject = delayMs === 0 ? reference : slow(delayMs);
    const { status, cases } = await runLaw(law, subject, { seed, runs: 1e6, timeLimitMs });
    expect(["kept", "out of time", "not offered"]).toContain(status);
    expect(cases > 0).toBe(status !== "not offered");
  },
  60,
);

describe("a case without an answer", () => {
  test("breaks its law with a text of its own, and is neither repeated nor shrunk", async () => {
    let calls = 0;
    const hanging = slow(0, () => {
      calls++;
      return new Promise(() => {});
    });
    const options = { seed, runs: 100, caseTimeoutMs: 50 };
    const { status, failure, cases } = await runLaw(cacheEquality, hanging, options);
    expect([status, cases, failure?.shrinks]).toEqual(["broken", 1, 0]);
    expect(failure?.message).toBe("the engine must answer within 0.05 s of a case, got no answer");
    expect(calls).toBe(1);
  });
});

describe("the time of a run", () => {
  test("is divided among the laws that apply", async () => {
    const start = performance.now();
    const { verdicts } = await verify(slow(1), laws, { seed, runs: 1e6, timeLimitMs: 12_000 });
    const spent = performance.now() - start;
    expect(spent).toBeGreaterThan(8000);
    expect(spent).toBeLessThan(60_000);
    const run = verdicts.filter(({ status }) => status !== "not offered");
    expect(verdicts.length - run.length).toBeGreaterThan(30);
    for (const { law, status, cases } of run) {
      expect([law.id, status, cases > 0]).not.toEqual([law.id, "broken", true]);
      expect([law.id, cases > 0]).toEqual([law.id, true]);
    }
  });
});

test("a short run of the command ends with exit code 3 and leaves no corpus", async () => {
  const file = join(folder, "engine.ts");
  await writeFile(
    file,
    `import { defineSubject, referenceDecoder } from "causalgate";
     const wait = () => new Promise((resolve) => setTimeout(resolve, 60));
     export default defineSubject({ name: "slow", arithmetic: "float64", build: (model) => ({
       async start() {
         await wait();
         return referenceDecoder(model.config, model.weights).start();
       } }) });`,
  );
  const where = ["--engine", file, "--report", folder, "--time", "0.2s"];
  const short = await causalgate([
    "verify",
    ...where,
    "--law",
    "prefix-invariance",
    "context-limit",
  ]);
  expect(short.stdout).toContain("out of time");
  expect(short.stdout).not.toContain("broken");
  expect(short.code).toBe(3);
  expect(existsSync(join(folder, "corpus.json"))).toBe(false);
  expect(await readCorpus(join(folder, "corpus.json"), expect.fail)).toEqual({});
});
