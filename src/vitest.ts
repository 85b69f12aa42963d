/**
 * `causalgate/vitest`: the laws as vitest tests, and matchers for logits. Importing it extends
 * vitest's `expect` with {@link logitMatchers}, types included.
 */
import { beforeAll, describe, expect, test } from "vitest";
import type { Subject } from "./subjects/subject.ts";
import { type DescribeLawsOptions, lawSuite } from "./testing/law-suite.ts";
import { type LogitMatchers, logitMatchers } from "./testing/matchers.ts";

export { type DescribeLawsOptions, logitMatchers };

declare global {
  // The one interface that the assertions of vitest 3, 4 and 5 all extend.
  namespace Chai {
    interface Assertion extends LogitMatchers<void> {}
  }
}

declare module "vitest" {
  interface TaskMeta {
    /** Number of generated cases that the test ran. */
    cases?: number;
  }
}

expect.extend(logitMatchers);

/**
 * Defines a suite with one test for each law. A law that the subject does not offer is a skipped
 * test, a known failure is an expected failure (`test.fails`).
 *
 * @throws {RangeError} naming an unknown law or a malformed option
 */
export function describeLaws(subject: Subject, options: DescribeLawsOptions = {}): void {
  const { title, timeout, prepare, tests } = lawSuite(subject, options);
  const register = { pass: test, fail: test.fails, skip: test.skip };
  // A law that failed once is broken, even if it passes when it is tried again.
  describe(title, { concurrent: false, retry: 0 }, () => {
    beforeAll(prepare, timeout);
    for (const { title, expected, run } of tests) {
      register[expected](title, { timeout }, async ({ task, skip }) => {
        const { cases, notOffered } = await run(`npx vitest run ${task.file.name}`);
        task.meta.cases = cases;
        if (notOffered !== null) skip(notOffered);
      });
    }
  });
}
