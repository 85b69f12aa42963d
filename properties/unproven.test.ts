/** A law that detects no planted violation proves nothing: it is unproven, never kept. */

import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { rawTokens, tokensOf } from "../src/arbitraries/tokens.ts";
import type { Decoder } from "../src/decoder.ts";
import { writeTable } from "../src/io/csv.ts";
import { lawById, laws } from "../src/laws/index.ts";
import { type Law, law } from "../src/laws/law.ts";
import { type Canary, decoderCanary } from "../src/laws/support/canary.ts";
import { expectThat as expectLaw } from "../src/laws/support/expect.ts";
import { withSequences } from "../src/laws/support/wrapped.ts";
import { reference } from "../src/subjects/reference.ts";
import type { Candidate } from "../src/subjects/subject.ts";
import { lawSuite } from "../src/testing/law-suite.ts";
import { junitText } from "../src/verify/junit.ts";
import { lawRows, lawsTable } from "../src/verify/laws-table.ts";
import { type LawStatus, replayCase, runLaw } from "../src/verify/run-law.ts";
import { reportJson, reportText } from "../src/verify/verdicts.ts";
import { exitCodeOf, verify } from "../src/verify/verify.ts";
import { causalgate } from "./command.ts";
import { scratchFolder } from "./scratch.ts";
import { seed } from "./support.ts";

const folder = scratchFolder();

/** A canary that plants nothing. */
const noViolation: Canary = { bug: "nothing at all", inject: (subject) => subject };

interface LengthCase {
  readonly candidate: Candidate;
  readonly tokens: number[];
}

function lagging(decoder: Decoder): Decoder {
  return withSequences(decoder, (sequence) => ({
    get length() {
      return sequence.length - 1;
    },
  }));
}

/** A law of a user: the length of a sequence is the number of tokens appended. */
const definition: Parameters<typeof law<LengthCase>>[0] = {
  id: "length-counts-tokens",
  name: "the length is the number of tokens",
  statement: "After an append, the length is the number of tokens appended.",
  source: "the interface of a sequence",
  catches: "a length that lags behind",
  needs: [],
  precondition: { name: "several tokens", floor: 0.5 },
  cases: (subject) => fc.record({ candidate: subject.candidates, tokens: rawTokens(1, 5) }),
  check: async ({ candidate: { decoder }, tokens: raw }) => {
    const tokens = tokensOf(decoder.config, raw);
    await using sequence = await decoder.start();
    await sequence.append(tokens);
    expectLaw(sequence.length === tokens.length, `length is ${sequence.length}`);
    return tokens.length > 1;
  },
  canaries: [decoderCanary("the length lags behind by one", lagging)],
};

const lengthLaw = law(definition);

const { canaries: _, ...withoutCanaries } = lengthLaw;
/** As a user without a type checker would write it. */
const uncheckedLaw = withoutCanaries as Law;

test("a law without a canary does not compile", () => {
  expectTypeOf<Omit<Law, "canaries">>().not.toExtend<Law>();
  expectTypeOf<readonly []>().not.toExtend<Law["canaries"]>();
  expectTypeOf<readonly [Canary]>().toExtend<Law["canaries"]>();
  expectTypeOf(law).parameter(0).toHaveProperty("canaries");
});

test("an id that a command line cannot name is refused", () => {
  const must = "law: the id must be words in lower case joined by hyphens, as in cache-equality";
  for (const id of ["", "P-CACHE", "a/b", "-a", "a b"]) {
    expect(() => law({ ...definition, id })).toThrow(`${must}, got "${id}"`);
  }
});

describe("in plain JavaScript", () => {
  test.for<[what: string, definition: object, message: string]>([
    ["no canary", { canaries: [] }, 'canaries of the law "length" must hold a violation'],
    ["absent canaries", { canaries: undefined }, 'canaries of the law "length" must hold a vi'],
    ["a canary that is no list", { canaries: "x" }, "must be a list, got 'x'"],
    ["no check", { check: undefined }, 'law: check of the law "length" must be a function, got un'],
    ["no id", { id: undefined }, "law: id of a law must be a text, got undefined"],
    ["another precondition", { precondition: "any" }, "must be { name, floor } with a floor in"],
  ])("a law with %s is refused by name", ([, change, message]) => {
    const define = () => law({ ...definition, id: "length", ...change });
    expect(define).toThrow(TypeError);
    expect(define).toThrow(message);
  });

  test.for<[value: unknown, message: string]>([
    ["cache-equality", "a law must come from law({ ... }), got 'cache-equality'; lawById returns"],
    [undefined, "a law must come from law({ ... }), got undefined"],
    [definition, `kind of the law "${definition.id}" must be set by law, completionsLaw or`],
  ])("%o is no law", async ([value, message]) => {
    const other = [value as Law];
    await expect(verify(reference, other, { seed, runs: 1 })).rejects.toThrow(`verify: ${message}`);
    if (typeof value === "string") return; // describeLaws takes ids
    expect(() => lawSuite(reference, { laws: other })).toThrow(`describeLaws: ${message}`);
  });
});

describe("a law from outside is treated like a built-in one", () => {
  test("kept where it detects its canary", async ({ task }) => {
    const { verdicts } = await verify(reference, [lengthLaw], { seed, runs: 50 });
    expect(verdicts).toMatchObject([{ status: "kept", reason: null, cases: 50 }]);
    task.meta.cases = 50;
  });

  test("broken by its bug, with the call that replays the smallest case", async () => {
    const [{ inject }] = lengthLaw.canaries;
    const subject = inject(reference);
    const report = await verify(subject, [lengthLaw], { seed, runs: 50 });
    const [{ status, failure }] = report.verdicts;
    expect(status).toBe("broken");
    const replay = { seed, path: failure!.path };
    expect((await replayCase(lengthLaw, subject, replay))?.failure?.smallest).toBe(
      failure!.smallest,
    );
    expect(await replayCase(lengthLaw, reference, replay)).toBe(null);
  });

  test("refused if it has the id of another law of the run", async () => {
    const same: Law = { ...lengthLaw, id: "cache-equality" };
    const both = verify(reference, [lawById("cache-equality"), same], { seed, runs: 1 });
    const must = "verify: each law must have its own id, got two cache-equality";
    await expect(both).rejects.toThrow(must);
  });

  test("unproven without a canary", async () => {
    const { verdicts } = await verify(reference, [uncheckedLaw], { seed, runs: 50 });
    expect(verdicts[0]).toMatchObject({
      status: "unproven",
      reason:
        "length-counts-tokens is unproven: a law must have a canary, got none; " +
        "add one to its `canaries`",
    });
  });
});

describe("an unproven law", () => {
  const cacheEquality: Law = { ...lawById("cache-equality"), canaries: [noViolation] };
  const reason =
    'cache-equality is unproven on this engine: the planted violation "nothing at all" was not ' +
    "detected in 200 cases, 180 of them added for it; try --runs 1000";
  const report = verify(reference, [cacheEquality], { seed, runs: 20 });

  test("has the reason in the table, the JSON, the JUnit file and the CSV", async () => {
    const { verdicts } = await report;
    expect(verdicts).toMatchObject([{ status: "unproven", reason, failure: null }]);
    const [, head] = reportText({ verdicts }).split("\n");
    expect(head.split("│").map((cell) => cell.trim())).toEqual([
      ...["", "law", "verdict", "cases", "large", "reached", "worst error", "tolerance"],
      ...["cases/s", ""],
    ]);
    expect(reportText({ verdicts })).toContain(reason);
    expect(reportText({ verdicts })).not.toContain("kept");
    expect(reportJson({ verdicts })).toMatchObject([{ status: "unproven", reason }]);
    const junit = junitText({ verdicts });
    expect(junit).toContain('failures="1"');
    expect(junit).toContain(reason.replaceAll('"', "&quot;"));
    const path = await writeTable(folder, lawsTable, lawRows("run", { verdicts }));
    const rows = parse(await readFile(path), { columns: true });
    expect(rows).toMatchObject([
      { law: "cache-equality", chapter: "cache", status: "unproven", reason },
    ]);
  });

  test("is one whose canary is not detected, whichever of several it is", async () => {
    const seeds = lawById("seed-determinism");
    const several: Law = { ...seeds, canaries: [seeds.canaries[0], noViolation] };
    const { status, reason } = await runLaw(several, reference, { seed, runs: 300 });
    expect([status, reason]).toEqual(["unproven", expect.stringContaining("nothing at all")]);
  });

  test("is one whose precondition too few cases met", async () => {
    const law: Law = { ...lengthLaw, precondition: { name: "several tokens", floor: 1 } };
    const { status, reason } = await runLaw(law, reference, { seed, runs: 200 });
    expect(status).toBe("unproven");
    const must = 'at least 100 % of the cases must meet the precondition "several tokens"';
    expect(reason).toContain(`length-counts-tokens is unproven on this engine: ${must}, got `);
  });

  test("is worse than a kept one and better than a broken one, in the exit code", async () => {
    const [verdict] = (await report).verdicts;
    const codeOf = (...statuses: readonly LawStatus[]) =>
      exitCodeOf({ verdicts: statuses.map((status) => ({ ...verdict, status })) });
    expect(codeOf("kept", "known failure", "not offered")).toBe(0);
    expect(codeOf("kept", "unproven", "kept")).toBe(3);
    expect(codeOf("unproven", "broken")).toBe(1);
    expect(codeOf("now kept", "unproven")).toBe(1);
  });

  test("ends the command with exit code 3", async () => {
    const chosen = ["--law", "large-vocabulary", "--runs", "1", "--report", folder];
    const run = await causalgate(["verify", ...chosen]);
    expect(run.stdout).toContain(
      'the planted violation "ids are kept in 16 bits" was not detected',
    );
    expect(run.code).toBe(3);
  });
});

test("a law has as many cases as its canary needs", async () => {
  const needs = (cases: number): Law => {
    let planted = 0;
    const [canary] = lengthLaw.canaries;
    const late: Canary<"logits"> = {
      bug: "late",
      inject: (subject) => ({
        ...subject,
        candidates: subject.candidates.map((candidate) => {
          const isLate = ++planted >= cases;
          return isLate ? { ...candidate, decoder: lagging(candidate.decoder) } : candidate;
        }),
      }),
    };
    return { ...lengthLaw, canaries: [late, canary] };
  };
  const { status, cases } = await runLaw(needs(37), reference, { seed, runs: 5 });
  expect([status, cases]).toEqual(["kept", 37]);
  const { status: missed, reason } = await runLaw(needs(51), reference, { seed, runs: 5 });
  expect(missed).toBe("unproven");
  expect(reason).toContain('"late" was not detected in 50 cases, 45 of them added for it');
  expect(reason).toContain("try --runs 1000");
});

test("no law detects a violation that is not planted: each of them could be unproven", async () => {
  for (const law of laws) {
    const { status } = await runLaw({ ...law, canaries: [noViolation] }, reference, {
      seed,
      runs: 8,
    });
    expect([law.id, status]).toEqual([law.id, "unproven"]);
  }
});
