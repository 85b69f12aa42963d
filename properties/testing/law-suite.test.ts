/** The tests that every runner registers, without a runner. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { NotOffered } from "../../src/decoder.ts";
import { forward } from "../../src/definition.ts";
import { cacheEquality } from "../../src/laws/cache-equality.ts";
import type { Law } from "../../src/laws/law.ts";
import { LawBroken } from "../../src/laws/support/expect.ts";
import type { Model } from "../../src/model/model.ts";
import { defineSubject, type SubjectDefinition } from "../../src/subjects/define-subject.ts";
import { type DescribeLawsOptions, type LawTest, lawSuite } from "../../src/testing/law-suite.ts";

afterEach(() => vi.unstubAllEnvs());

/** Logits of the definition for the tokens held. */
function append({ config, weights }: Model, held: readonly number[]) {
  return Float64Array.from(forward(config, weights, held).at(-1)!);
}

type Append = (model: Model, held: readonly number[], tokens: readonly number[]) => Float64Array;

/** An engine without a bug, unless `next` has one. */
function subject(next: Append = append, more: Partial<SubjectDefinition> = {}) {
  return defineSubject({
    name: "an engine",
    arithmetic: "float64",
    build: (model) => ({
      start() {
        let held: number[] = [];
        return {
          get length() {
            return held.length;
          },
          append(tokens) {
            held = [...held, ...tokens];
            return next(model, held, tokens);
          },
        };
      },
    }),
    ...more,
  });
}

const options: DescribeLawsOptions = { laws: ["cache-equality"], runs: 40, seed: 1 };

/** The error of the only test of a suite; null if it passes. */
async function failureOf(engine: ReturnType<typeof subject>, more: DescribeLawsOptions = {}) {
  const [{ run }] = lawSuite(engine, { ...options, ...more }).tests;
  return run("npx runner").then(
    () => null,
    (error: Error) => error,
  );
}

describe("a test", () => {
  test("passes for a law that is kept", async () => {
    expect(await failureOf(subject())).toBeNull();
  });

  test("fails for a law that does not detect its canary", async () => {
    const { canaries, ...rest } = cacheEquality;
    const harmless = { ...canaries[0], bug: "nothing at all", inject: (same: never) => same };
    const failure = await failureOf(subject(), { laws: [{ ...rest, canaries: [harmless] }] });
    expect(failure?.message).toContain("unproven");
    expect(failure?.message).toContain('"nothing at all"');
  });

  test("fails for a law whose precondition is met too seldom", async () => {
    const never: Law = {
      ...cacheEquality,
      precondition: { name: "a case that never comes", floor: 0.5 },
      check: () => false,
    };
    const failure = await failureOf(subject(), { laws: [never], runs: 300 });
    expect(failure?.message).toContain("a case that never comes");
  });

  test("fails with the smallest case, the command and no stack of ours", async () => {
    const first = subject((model, held) => append(model, held.slice(0, 1)));
    const failure = await failureOf(first, { laws: ["definition-equality"] });
    expect(failure?.message).toMatch(
      /smallest {2}await checkCase\(.*\n {2}replay {4}CAUSALGATE_REPLAY=def/,
    );
    expect(failure?.message).toMatch(/ npx runner$/);
    expect(failure?.stack).toBe(`Error: ${failure?.message}`);
  });

  test("fails with the stack of an engine that throws", async () => {
    const failure = await failureOf(
      subject(function brokenKernel(): never {
        throw new TypeError("cannot read");
      }),
    );
    expect(failure?.message).toContain("found     threw cannot read");
    expect(failure?.message).toMatch(/thrown {4}at .*brokenKernel .*law-suite\.test\.ts/);
    expect(failure?.stack).toMatch(/replay.*\n +at .*brokenKernel/);
  });
});

describe("a known failure", () => {
  const knownFailures = { "P-CACHE": "its reason" };

  test("is an expected failure, by id or by former code", async () => {
    const suite = lawSuite(subject(), { ...options, knownFailures });
    expect(suite.tests).toMatchObject([{ expected: "fail" }]);
    expect(suite.tests[0].title).toContain("cache-equality: ");
    expect(suite.tests[0].title).toContain("(known failure: its reason)");
    const bySubject = lawSuite(subject(append, { knownFailures }), options);
    expect(bySubject.tests).toMatchObject([{ expected: "fail" }]);
  });

  test("fails only if the law is broken", async () => {
    const forgetful = subject((model, _, tokens) => append(model, tokens));
    expect((await failureOf(forgetful, { knownFailures }))?.message).toContain("broken by");
    expect(await failureOf(subject(), { knownFailures })).toBeNull();
    const build = () => {
      throw new Error("the engine does not start");
    };
    expect(await failureOf(subject(append, { build }), { knownFailures })).toBeNull();
    vi.stubEnv("CAUSALGATE_REPLAY", "cache-equality/1/0");
    expect(await failureOf(subject(), { knownFailures })).toBeNull();
    expect((await failureOf(forgetful, { knownFailures }))?.message).toContain("case 1, shrunk 0");
    vi.unstubAllEnvs();
    const later = subject(append, { build });
    expect((await failureOf(later))?.message).toBe("the engine does not start");
  });

  test("must name a law", () => {
    const misspelt = { ...options, knownFailures: { "cache-equalty": "a reason" } };
    expect(() => lawSuite(subject(), misspelt)).toThrow("got cache-equalty");
  });
});

describe("a suite that tests nothing fails:", () => {
  /** An engine that computes no model. */
  const noModel = () => {
    throw new NotOffered("no such model");
  };
  const errorOf = (test: LawTest) => test.run("npx runner").then(String, String);

  test("no law is named", () => {
    expect(() => lawSuite(subject(), { laws: [] })).toThrow(
      "describeLaws: laws must name at least one law, got none; leave it out to test every law",
    );
  });

  test("no law is offered", async () => {
    const { tests } = lawSuite(subject(), { laws: ["fork-independence", "P-ROLL"] });
    expect(tests.map(({ expected }) => expected)).toEqual(["skip", "skip", "pass"]);
    expect(await errorOf(tests[2])).toBe(
      "Error: describeLaws: an engine must offer what at least one of the laws needs, got none; " +
        "not offered: fork-independence (fork); rewind-equality (rewind)",
    );
    const one = lawSuite(subject(), { laws: ["fork-independence", "cache-equality"] });
    expect(one.tests.map(({ expected }) => expected)).toEqual(["skip", "pass"]);
  });

  test("no law has a case that can be computed", async () => {
    const laws = ["cache-equality", "no-aliasing", "fork-independence"];
    const [first, last] = lawSuite(subject(noModel), { ...options, laws }).tests;
    const reason = "not offered: no such model";
    expect(await first.run("npx runner")).toEqual({ cases: 0, notOffered: reason });
    expect(await errorOf(last)).toBe(`Error: no-aliasing: nothing was tested; ${reason}`);
  });

  test("the replayed law is not in the file, is not offered, or has no such case", async () => {
    const replay = (line: string, engine = subject(), laws = ["cache-equality", "P-FORK"]) => {
      vi.stubEnv("CAUSALGATE_REPLAY", line);
      return lawSuite(engine, { ...options, laws }).tests;
    };
    expect(await errorOf(replay("no-such-law/1/0").at(-1)!)).toBe(
      "RangeError: CAUSALGATE_REPLAY: must name a law of this test file, here cache-equality, " +
        "fork-independence; got no-such-law",
    );
    const needs = "CAUSALGATE_REPLAY: an engine must offer what fork-independence needs: fork";
    expect(await errorOf(replay("fork-independence/1/0").at(-1)!)).toBe(`Error: ${needs}`);
    const [unknown] = replay("cache-equality/1/0:7777");
    expect(await errorOf(unknown)).toContain("replay: must be a case that exists");
    const [notComputed] = replay("cache-equality/1/1", subject(noModel));
    expect(await errorOf(notComputed)).toContain("nothing was tested; not offered: no such model");
  });

  test("unless another suite of the file replays the case", async () => {
    vi.stubEnv("CAUSALGATE_REPLAY", "cache-equality/1/2");
    const { tests } = lawSuite(subject(), { laws: ["context-limit"] });
    expect(tests).toMatchObject([{ expected: "skip" }, { title: "replays cache-equality/1/2" }]);
    expect(await errorOf(tests[1])).toContain("must name a law of this test file");
    lawSuite(subject(), options);
    expect(await tests[1].run("npx runner")).toMatchObject({
      notOffered: "another suite replays it",
    });
  });
});

test("each law is tested once, whichever of its names it has", () => {
  const { tests } = lawSuite(subject(), { laws: ["P-CACHE", "cache-equality", cacheEquality] });
  expect(tests).toHaveLength(1);
});

test("a law from outside is tested, and may be a known failure", async () => {
  const own: Law = {
    ...cacheEquality,
    id: "own-law",
    check: () => {
      throw new LawBroken("never kept");
    },
  };
  expect((await failureOf(subject(), { laws: [own] }))?.message).toContain("never kept");
  const knownFailures = { "own-law": "a reason" };
  expect(lawSuite(subject(), { laws: [own], knownFailures }).tests).toMatchObject([
    { expected: "fail" },
  ]);
});

describe("options", () => {
  test("are refused if they are malformed", () => {
    const refused = (more: DescribeLawsOptions, message: string) =>
      expect(() => lawSuite(subject(), { ...options, ...more })).toThrow(message);
    refused({ laws: ["no-such-law"] }, "got no-such-law");
    refused({ runs: 0 }, "describeLaws: runs must be an integer of at least 1, got 0");
    refused({ timeout: 0.5 }, "describeLaws: timeout must be an integer of at least 1, got 0.5");
    refused({ seed: Number.NaN }, "CAUSALGATE_SEED must be a safe integer, got NaN");
  });

  test("come with a subject", () => {
    const namespace = Object.assign(Object.create(null), { default: subject() });
    expect(() => lawSuite(namespace, options)).toThrow(
      "describeLaws: the subject must come from defineSubject or defineSampler, got [Object: null",
    );
  });

  test("come from the environment", async () => {
    vi.stubEnv("CAUSALGATE_SEED", "7x");
    expect(() => lawSuite(subject(), { runs: 1 })).toThrow("must be a safe integer, got NaN");
    vi.stubEnv("CAUSALGATE_SEED", "");
    vi.stubEnv("CAUSALGATE_REPLAY", "cache-equality");
    expect(() => lawSuite(subject(), { runs: 1 })).toThrow("replay");
    vi.stubEnv("CAUSALGATE_REPLAY", "P-CACHE/1/0");
    const { tests } = lawSuite(subject(), { laws: ["cache-equality", "context-limit"] });
    expect(tests.map(({ expected }) => expected)).toEqual(["pass", "skip"]);
  });
});
