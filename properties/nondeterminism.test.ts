/** An engine that answers the same calls differently is not deterministic, a separate verdict. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lawById, laws } from "../src/laws/index.ts";
import { type Law, law } from "../src/laws/law.ts";
import { decoderCanary } from "../src/laws/support/canary.ts";
import { LawBroken } from "../src/laws/support/expect.ts";
import { withSequences } from "../src/laws/support/wrapped.ts";
import { seededRandom } from "../src/math/random.ts";
import { reference } from "../src/subjects/reference.ts";
import type { Candidate, Subject } from "../src/subjects/subject.ts";
import { replayCase, runLaw } from "../src/verify/run-law.ts";
import { describeVerdict } from "../src/verify/verdicts.ts";
import { exitCodeOf, verify } from "../src/verify/verify.ts";
import { property, seed } from "./support.ts";

interface NumberCase {
  readonly candidate: Candidate;
  readonly number: number;
}

/** A law whose check returns true or false for each call, in turn. */
function scripted(outcomes: (call: number, number: number) => boolean): {
  law: Law;
  calls: () => number;
} {
  let calls = 0;
  const scriptedLaw = law<NumberCase>({
    ...{ id: "scripted", name: "scripted", statement: "scripted", source: "this test" },
    ...{ catches: "scripted", needs: [], precondition: { name: "none", floor: 0 } },
    cases: (subject) => fc.record({ candidate: subject.candidates, number: fc.nat() }),
    check: ({ number }) => {
      if (!outcomes(calls++, number)) throw new LawBroken(`broken by ${number}`);
      return true;
    },
    canaries: [decoderCanary("nothing", (decoder) => decoder)],
  });
  return { law: scriptedLaw, calls: () => calls };
}

describe("the case that breaks a law first", () => {
  property(
    "is repeated five times, and not shrunk if it passes in any",
    fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    async (passes) => {
      const { law, calls } = scripted((call) => call > 0 && (passes[call - 1] ?? false));
      const failed = 1 + passes.filter((pass) => !pass).length;
      const verdict = await runLaw(law, reference, { seed, runs: 50 });
      if (failed === 6) {
        expect(verdict).toMatchObject({ status: "broken", reason: null });
        return;
      }
      expect(calls()).toBe(6);
      expect(verdict.status).toBe("not deterministic");
      expect(verdict.reason).toBe(`failed ${failed} of 6 times: the engine is not deterministic`);
      expect(verdict.failure).toMatchObject({ shrinks: 0, path: "0" });
      const text = describeVerdict(verdict);
      expect(text).toContain(`scripted: not deterministic on reference, case 1, ${verdict.reason}`);
      expect(text).toMatch(/\n {2}case {6}await checkCase\(law, subject, \{/);
      expect(exitCodeOf({ verdicts: [verdict] })).toBe(1);
    },
    20,
  );

  test("is shrunk as before if it fails every time", async () => {
    const { law } = scripted((_, number) => number < 1000);
    const { status, failure } = await runLaw(law, reference, { seed, runs: 50 });
    expect(status).toBe("broken");
    expect(failure?.message).toBe("broken by 1000");
    expect(failure?.shrinks).toBeGreaterThan(0);
    const replayed = await replayCase(law, reference, { seed, path: failure!.path });
    expect(replayed).toMatchObject({ status: "broken", failure: { message: "broken by 1000" } });
  });
});

/** The reference with one added to a logit in a share of the calls. */
function flaky(share: number): Subject {
  const random = seededRandom(seed);
  const { inject } = decoderCanary("chance", (decoder) =>
    withSequences(decoder, (sequence) => ({
      append: async (tokens) => {
        const error = random() < share ? 1 : 0;
        return (await sequence.append(tokens)).map((logit) => logit + error);
      },
    })),
  );
  return inject(reference);
}

describe("the law of determinism", () => {
  test("runs first", () => expect(laws[0].id).toBe("determinism"));

  // From 200 cases on the share is judged: 0.58 is eight standard deviations above the floor there.
  test.for([1, 2, 3, 4, 5])("meets its precondition far more often than it must, %i", async (n) => {
    const determinism = lawById("determinism");
    const { status, cases, reached } = await runLaw(determinism, reference, {
      ...{ seed: seed + n, runs: 500 },
    });
    expect(status).toBe("kept");
    expect(reached / cases).toBeGreaterThan(1.5 * determinism.precondition.floor);
  });

  test("finds an engine that errs in 2 % of its calls", async () => {
    const determinism = lawById("determinism");
    const report = await verify(flaky(0.02), [determinism], { seed, runs: 1000 });
    expect(report.verdicts[0].status).toMatch(/^(?:not deterministic|broken)$/);
    expect(exitCodeOf(report)).toBe(1);
  });
});

test("other laws call such an engine not deterministic, too", async () => {
  const { status, failure } = await runLaw(lawById("cache-equality"), flaky(0.02), {
    seed,
    runs: 1000,
  });
  expect(status).toBe("not deterministic");
  expect(failure?.shrinks).toBe(0);
});
