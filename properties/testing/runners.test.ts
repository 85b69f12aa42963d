/** The laws in each test runner, in a child process. */
import { describe, expect, test } from "vitest";
import { scratchFolder } from "../scratch.ts";
import { jest, nodeTest, type Runner, type RunnerOutcome, vitest } from "./runners.ts";

const folder = scratchFolder();

const history = "history-invariance: only the tokens held matter";
const cache = "cache-equality: cached = uncached, at every step";
const fork = "fork-independence: a fork and its origin are independent (not offered: fork)";
const known = `${history} (known failure: a rewind keeps the first token)`;

/** The line of a case that no engine of the fixture can replay: a fork is not offered. */
const lost = "fork-independence/42/0";

interface Case {
  readonly runner: Runner;
  /** The end of the line that replays a failure. */
  readonly command: string;
  /** The message for a known failure that no longer fails. */
  readonly gone: string;
}

const cases: Readonly<Record<string, Case>> = {
  vitest: { runner: vitest, command: "npx vitest run laws.test.js", gone: "Expect test to fail" },
  jest: {
    runner: jest,
    command:
      "NODE_OPTIONS=--experimental-vm-modules npx jest properties/package/fixtures/jest/laws.test.js",
    gone: "Failing test passed even though it was supposed to fail",
  },
  "node:test": {
    runner: nodeTest,
    command: "node --test properties/package/fixtures/node-test/laws.test.js",
    gone: "a known failure must fail; remove it from knownFailures",
  },
};

const replayed = /replay {4}CAUSALGATE_REPLAY=(history-invariance\/42\/[\d:]+) (.*)/;

describe.for(Object.entries(cases))("%s", ([, { runner, command, gone }]) => {
  let outcome: RunnerOutcome;
  const of = (suite: string, title: string) => outcome.tests[`laws of ${suite} > ${title}`];

  test("fails when a law is broken, or a known failure is gone", async () => {
    outcome = await runner(folder);
    expect(outcome.exitCode).toBe(1);
    const failed = Object.entries(outcome.tests).filter(([, { status }]) => status === "failed");
    expect(failed.map(([title]) => title).filter((title) => title.startsWith("laws of"))).toEqual([
      `laws of a broken engine > ${history}`,
      `laws of a failure that is gone > ${known}`,
    ]);
  });

  test("passes each law that is kept, and each known failure that fails", () => {
    expect(of("a right engine", history).status).toBe("passed");
    expect(of("a broken engine", cache).status).toBe("passed");
    expect(of("a known failure", known).status).toBe("passed");
    expect(of("a failure that is gone", known).message).toContain(gone);
  });

  test("skips a law that is not offered, with the reason", () => {
    for (const suite of ["a right engine", "a broken engine", "a known failure"]) {
      expect(of(suite, fork).status).toBe("skipped");
    }
  });

  test("describes a failure in full, and its line replays it", async () => {
    const { message } = of("a broken engine", history);
    for (const line of ["broken by a broken engine, case 5", "found     length is 2 with [0]"]) {
      expect(message).toContain(line);
    }
    expect(message).toContain("smallest  await checkCase(lawById(");
    const [, line, rest] = replayed.exec(message)!;
    expect(rest).toBe(command);
    const again = await runner(folder, { CAUSALGATE_REPLAY: line });
    const test = again.tests[`laws of a broken engine > ${history}`];
    expect(test.message).toContain("case 1, shrunk 0 times");
    expect(test.message).toContain("found     length is 2 with [0]");
    expect(again.tests[`laws of a broken engine > ${cache} (not replayed)`].status).toBe("skipped");
  });

  test("prints the seed", () => {
    expect(outcome.output).toContain("causalgate: laws of a right engine, seed 42, 60 cases");
  });

  test("prints the new name of a law once, and nothing else about it", () => {
    const lines = outcome.output.split("\n").filter((line) => line.includes("is now called"));
    expect(lines).toEqual(["causalgate: law P-FORK is now called fork-independence"]);
    expect(outcome.output).not.toContain("console.");
    expect(outcome.output).not.toContain("former-codes");
  });

  test("fails where no suite of the file can replay the case, under the seed given", async () => {
    const { exitCode, output, tests } = await runner(folder, {
      CAUSALGATE_SEED: "7",
      CAUSALGATE_REPLAY: lost,
    });
    expect(output).toContain("causalgate: laws of a right engine, seed 7, 60 cases");
    expect(exitCode).toBe(1);
    const failed = Object.entries(tests).filter(([, { status }]) => status === "failed");
    const suites = [
      "a right engine",
      "a broken engine",
      "a known failure",
      "a failure that is gone",
    ];
    const expected = suites.map((name) => `laws of ${name} > replays ${lost}`);
    expect(failed.map(([title]) => title)).toEqual(expect.arrayContaining(expected));
    expect(failed[0][1].message).toContain("must offer what fork-independence needs: fork");
  });
});

test.for([
  ["vitest", vitest],
  ["jest", jest],
] as const)("%s has the matchers once causalgate is imported", async ([, runner]) => {
  const { tests } = await runner(folder, { CAUSALGATE_REPLAY: "cache-equality/42/0" });
  expect(tests["the matchers are there, with their types"].status).toBe("passed");
  expect(tests["a promise of logits"].status).toBe("passed");
  expect(tests["a wrong logit"].message).toContain("the logit of token 2 at position 0 is 3.5");
});
