/** Rules of speculation that are lossless, but keep fewer proposals than min(1, p / q). */
import { describe, expect, test } from "vitest";
import { lawById } from "../src/laws/index.ts";
import { reference } from "../src/subjects/reference.ts";
import type { LogitsSubject } from "../src/subjects/subject.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { describeVerdict } from "../src/verify/verdicts.ts";
import { seed } from "./support.ts";
import { ownSampleSpeculate } from "./variants/own-sample.ts";

const generation = { ...reference.generation, speculate: ownSampleSpeculate };
const ownSample: LogitsSubject = { ...reference, name: "own sample", generation };

describe("a draft's token kept if it equals the target's own sample", () => {
  test.for([
    ["greedy-speculation", 300],
    ["speculative-distribution", 100],
  ] as const)("keeps %s if it is declared", async ([id, runs], { task }) => {
    const subject: LogitsSubject = { ...ownSample, acceptance: "own sample" };
    const verdict = await runLaw(lawById(id), subject, { seed, runs });
    task.meta.cases = verdict.cases;
    if (verdict.status !== "kept") throw new Error(describeVerdict(verdict));
  });

  test("breaks the law of the ratio, which keeps all proposals of the target itself", async () => {
    const verdict = await runLaw(lawById("greedy-speculation"), ownSample, { seed, runs: 1000 });
    expect(verdict.status).toBe("broken");
    expect(verdict.failure?.message).toMatch(/kept \d+ of \d+/);
  });
});
