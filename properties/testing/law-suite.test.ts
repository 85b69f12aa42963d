/** The tests that every runner registers, without a runner. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { NotOffered } from "../../src/decoder.ts";
import { forward } from "../../src/definition.ts";
import { cacheEquality } from "../../src/laws/cache-equality.ts";
import type { Law } from "../../src/laws/law.ts";
import { LawBroken } from "../../src/laws/support/expect.ts";
import type { Model } from "../../src/model/model.ts";
import { defineSubject, type SubjectDefinition } from "../../src/subjects/define-subject.ts";
import { type DescribeLawsOptions, lawSuite } from "../../src/testing/law-suite.ts";

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
    expect(failure?.message).toMatch(/smallest {2}\{.*\n {2}replay {4}CAUSALGATE_REPLAY=def/);
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
    const later = subject(append, { build });
    expect((await failureOf(later))?.message).toBe("the engine does not start");
  });

  test("must name a law", () => {
    const misspelt = { ...options, knownFailures: { "cache-equalty": "a reason" } };
    expect(() => lawSuite(subject(), misspelt)).toThrow("got cache-equalty");
  });
});

test("a law is not offered if no case can be computed", async () => {
  const engine = subject(() => {
    throw new NotOffered("no such model");
  });
  const [{ run }] = lawSuite(engine, options).tests;
  expect(await run("npx runner")).toMatchObject({ notOffered: "not offered: no such model" });
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
