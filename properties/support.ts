/** Helpers of all test files: the seed, and properties with counted cases. */
import fc from "fast-check";
import { test } from "vitest";
import type { LawVerdict } from "../src/verify/run-law.ts";
import { describeVerdict } from "../src/verify/verdicts.ts";

declare module "vitest" {
  interface TaskMeta {
    /** Number of generated cases that the test ran. */
    cases?: number;
  }
}

/** The seed of the run: `CAUSALGATE_SEED`, which vitest.config.ts sets from the commit. */
export const seed = Number(process.env.CAUSALGATE_SEED);

/**
 * Defines a test that must hold for every generated value. It fails with the smallest value that
 * breaks it and the command that replays it.
 *
 * @param numRuns number of generated values
 */
export function property<T>(
  name: string,
  arbitrary: fc.Arbitrary<T>,
  holds: (value: T) => void | Promise<void>,
  numRuns = 100,
): void {
  test(name, async ({ task }) => {
    const details = await fc.check(
      fc.asyncProperty(arbitrary, async (value) => holds(value)),
      {
        seed,
        numRuns,
      },
    );
    task.meta.cases = details.numRuns;
    if (!details.failed) return;
    const replay = `replay: CAUSALGATE_SEED=${seed} npx vitest run -t '${name}'`;
    const message = `${fc.stringify(details.counterexample?.[0])}\n${replay}`;
    throw new Error(`broken by ${message}`, { cause: details.errorInstance });
  });
}

/** Expects a law that is kept; otherwise fails with the description of its verdict. */
export function expectKept(verdict: LawVerdict): void {
  if (verdict.status !== "kept") throw new Error(describeVerdict(verdict));
}
