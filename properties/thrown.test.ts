/** Engines that throw what is no error, or where no law can catch it. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { thrownText } from "../src/io/thrown.ts";
import { lawById } from "../src/laws/index.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { defineSubject } from "../src/subjects/define-subject.ts";
import { reference } from "../src/subjects/reference.ts";
import { junitText } from "../src/verify/junit.ts";
import { lawRows } from "../src/verify/laws-table.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { describeVerdict, reportText } from "../src/verify/verdicts.ts";
import { exitCodeOf, verify } from "../src/verify/verify.ts";
import { causalgate } from "./command.ts";
import { scratchFolder } from "./scratch.ts";
import { seed } from "./support.ts";

const folder = scratchFolder();
const cacheEquality = lawById("cache-equality");

/** An engine whose `append` throws a value. */
const throwing = (thrown: unknown) =>
  defineSubject({
    name: "throwing",
    arithmetic: "float64",
    build: ({ config, weights }) => ({
      start: async () => {
        const sequence = await referenceDecoder(config, weights).start();
        return {
          get length() {
            return sequence.length;
          },
          append: () => {
            throw thrown;
          },
        };
      },
    }),
  });

/** An error whose message is no text. */
const unprintable = Object.assign(new Error(), { message: { toString: null }, stack: null });

test.each<readonly [unknown, string]>([
  [null, "null"],
  [undefined, "undefined"],
  ["text", "text"],
  [{ toString: null }, "{ toString: null }"],
  [Symbol("s"), "Symbol(s)"],
  [new Error("a reason"), "a reason"],
])("a thrown value has a text, %#", async (thrown, text) => {
  expect(thrownText(thrown)).toBe(text);
  const { status, failure } = await runLaw(cacheEquality, throwing(thrown), { seed, runs: 20 });
  expect([status, failure?.message]).toEqual(["broken", `threw ${text}`]);
});

test("a value that throws when it is printed has a text", () => {
  const trap: Error = new Proxy(new Error(), {
    get() {
      throw trap;
    },
  });
  expect(thrownText(trap)).toBe("a value that cannot be printed");
});

test("an error whose message is no text breaks the law, too", async () => {
  const { status } = await runLaw(cacheEquality, throwing(unprintable), { seed, runs: 20 });
  expect(status).toBe("broken");
});

describe("an error outside a comparison", () => {
  const noModel = {
    ...reference,
    name: "no model",
    candidates: reference.candidates.map(() => {
      throw new Error("no model today");
    }),
  };
  const laws = [cacheEquality, lawById("top-k-count")];
  const report = verify(noModel, laws, { seed, runs: 20 });

  test("is a status of its own, and the other laws run", async () => {
    const { verdicts } = await report;
    expect(verdicts.map(({ status }) => status)).toEqual(["error", "kept"]);
    const [{ reason, failure }] = verdicts;
    const must = "its cases must be generated without an error, got no model today at ";
    expect(reason).toContain(`cache-equality: ${must}`);
    expect(failure).toBeNull();
  });

  test("ends with exit code 1, and every report has its reason", async () => {
    const { verdicts } = await report;
    expect(exitCodeOf({ verdicts })).toBe(1);
    expect(describeVerdict(verdicts[0])).toBe(verdicts[0].reason);
    expect(reportText({ verdicts })).toContain("got no model today");
    const xml = junitText({ verdicts });
    expect(xml).toContain('errors="1"');
    expect(xml).toMatch(/<error message="[^"]*got no model today[^"]*" type="error">/);
    const [row] = lawRows("1", { verdicts });
    expect([row.status, row.reason]).toEqual(["error", verdicts[0].reason]);
  });
});

test("an engine that ends the process of a command does not make it succeed", async () => {
  const file = join(folder, "exit.mjs");
  await writeFile(file, "process.exit(0);\nexport default {};\n");
  const { code, stderr } = await causalgate(["golden", "check", "--engine", file]);
  expect(stderr).toContain("must not be ended before its result, got exit code 0");
  expect(code).toBe(2);
});
