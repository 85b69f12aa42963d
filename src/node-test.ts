/** `causalgate/node-test`: the laws as tests of Node's own test runner. */
import { relative } from "node:path";
import { before, describe, test } from "node:test";
import type { Subject } from "./subjects/subject.ts";
import { type DescribeLawsOptions, type LawTest, lawSuite } from "./testing/law-suite.ts";

export type { DescribeLawsOptions };

/**
 * Defines a suite with one test for each law. A law that the subject does not offer is a skipped
 * test; a known failure passes as long as the law is broken.
 *
 * @throws {RangeError} naming an unknown law or a malformed option
 */
export function describeLaws(subject: Subject, options: DescribeLawsOptions = {}): void {
  const { title, timeout, prepare, tests } = lawSuite(subject, options);
  describe(title, { concurrency: 1 }, () => {
    before(prepare, { timeout });
    for (const lawTest of tests) {
      test(lawTest.title, { timeout, skip: lawTest.expected === "skip" }, async (context) => {
        const file = context.filePath ?? process.argv[1];
        const command = `node --test ${relative(process.cwd(), file).replaceAll("\\", "/")}`;
        if (lawTest.expected === "fail") return expectFailure(lawTest, command);
        const { notOffered } = await lawTest.run(command);
        if (notOffered !== null) context.skip(notOffered);
      });
    }
  });
}

/** Node 22 has no tests that are expected to fail. */
async function expectFailure({ title, run }: LawTest, command: string): Promise<void> {
  const failed = await run(command).then(
    () => false,
    () => true,
  );
  if (failed) return;
  throw new Error(`${title}: a known failure must fail; remove it from knownFailures`);
}
