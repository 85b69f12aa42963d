/**
 * `causalgate/jest`: the laws as jest tests, for jest's ES module mode (`--experimental-vm-modules`),
 * and matchers for logits. Importing it extends jest's `expect` with {@link logitMatchers}, types
 * included.
 */
import { relative } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Subject } from "./subjects/subject.ts";
import { type DescribeLawsOptions, lawSuite, print } from "./testing/law-suite.ts";
import { type LogitMatchers, logitMatchers } from "./testing/matchers.ts";

export { type DescribeLawsOptions, logitMatchers };

declare global {
  // The global `expect` of @types/jest.
  namespace jest {
    interface Matchers<R> extends LogitMatchers<R> {}
  }
}

// The `expect` of @jest/globals.
declare module "expect" {
  interface Matchers<R extends void | Promise<void>> extends LogitMatchers<R> {}
}

expect.extend(logitMatchers);

/**
 * Defines a suite with one test for each law. A law that the subject does not offer is a skipped
 * test, a known failure is an expected failure (`test.failing`).
 *
 * @throws {RangeError} naming an unknown law or a malformed option
 */
export function describeLaws(subject: Subject, options: DescribeLawsOptions = {}): void {
  const { title, timeout, prepare, tests } = lawSuite(subject, options);
  const register = { pass: test, fail: test.failing, skip: test.skip };
  describe(title, () => {
    beforeAll(prepare, timeout);
    for (const { title, expected, run } of tests) {
      const runTest = async () => {
        const { notOffered } = await run(command());
        // A jest test cannot be skipped once it runs.
        if (notOffered !== null) print(`${title}: ${notOffered}`);
      };
      register[expected](title, runTest, timeout);
    }
  });
}

/** The command that runs this test file again. */
function command(): string {
  const file = relative(process.cwd(), expect.getState().testPath ?? "").replaceAll("\\", "/");
  return `NODE_OPTIONS=--experimental-vm-modules npx jest ${file}`;
}
