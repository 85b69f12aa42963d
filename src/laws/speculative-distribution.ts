import fc from "fast-check";
import { rowIndex, scriptedDecoder } from "../arbitraries/scripted-decoder.ts";
import { derivedTolerances } from "../tolerance/arithmetics.ts";
import { choiceLaw } from "./law.ts";
import { speculationCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { speculateOf } from "./support/sampler.ts";
import { cellsBetween, distributionOf } from "./support/uniforms.ts";

interface Tables {
  draftTokens: 1 | 2;
  /**
   * Rows of counts, which are probabilities times their sum: 3 with one draft token, 2 with two.
   */
  target: number[][];
  draft: number[][];
}

export const speculativeDistribution = choiceLaw<Tables>({
  id: "speculative-distribution",
  name: "speculation draws from the target's distribution, exactly",
  chapter: "speculation",
  statement:
    "The distribution of a speculated text, over all values of all uniform numbers, is the target's own, whatever the draft's. Probabilities are multiples of 1/3 or 1/2, so that sums of probabilities, ratios p / q and shares of max(0, p - q) are few: the outcomes of all cells of [0, 1) between them are added up.",
  source: "Leviathan, Kalman and Matias 2023, theorem in appendix A.1; inverse transform sampling",
  catches:
    "refused proposals replaced from p, residuals not renormalised, q / p for p / q, one number for two decisions, rows changed in place",
  needs: ["generation.speculate"],
  precondition: { name: "p and q differ, and share a token, after the prompt", floor: 0.3 },
  cases: tables,
  check: async ({ draftTokens, target, draft }, subject) => {
    const speculate = speculateOf(subject);
    const V = target[0].length;
    const length = draftTokens + 1;
    const [ours, theirs] = [target, draft].map((table) => {
      const rows = table.map((counts) => Float64Array.from(counts, Math.log));
      return scriptedDecoder(V, 8, (tokens) => rows[rowIndex(tokens, rows.length)]);
    });
    const options = { maxNewTokens: length, draftTokens };
    const outcomes = await distributionOf(
      async (random) =>
        (await speculate(ours, theirs, [0], { ...options, random })).newTokens.join(),
      cellsBetween(breakpoints(target, draft)),
    );
    const share = (counts: number[], id: number) => counts[id] / counts.reduce((a, b) => a + b);
    const [p, q] = [target, draft].map((table) => table[rowIndex([0], table.length)]);
    for (const text of texts(V, length)) {
      const expected = text.reduce((product, id, i) => {
        const held = [0, ...text.slice(0, i)];
        return product * share(target[rowIndex(held, target.length)], id);
      }, 1);
      const actual = outcomes.get(text.join()) ?? 0;
      const what = `[${text}] has probability ${actual}, the target's is ${expected}`;
      expectThat(
        Math.abs(actual - expected) < derivedTolerances.probability,
        `${what}; ${draftTokens} draft tokens`,
      );
      outcomes.delete(text.join());
    }
    expectThat(outcomes.size === 0, `texts of another length: ${[...outcomes.keys()].join("; ")}`);
    return p.some((x, id) => x !== q[id]) && p.some((x, id) => x > 0 && q[id] > 0);
  },
  canaries: [
    speculationCanary(
      "the number that drew a proposal also decides its acceptance",
      (speculate) =>
        (target, draft, prompt, { random, ...options }) => {
          let used: number | null = null;
          const twice = () => {
            const number = used ?? random!();
            used = used === null ? number : null;
            return number;
          };
          return speculate(target, draft, prompt, { ...options, random: twice });
        },
    ),
  ],
});

/**
 * Every number at which a draw from p, q or `max(0, p - q)`, in any order of the tokens, or the
 * acceptance of a proposal can change.
 */
function breakpoints(target: readonly number[][], draft: readonly number[][]): number[] {
  const pairs = target.flatMap((p) => draft.map((q) => ({ p, q })));
  const residuals = pairs.map(({ p, q }) => p.map((count, id) => Math.max(0, count - q[id])));
  const ratios = pairs.flatMap(({ p, q }) => p.map((count, id) => count / q[id]));
  const sums = [...target, ...draft, ...residuals].flatMap((counts) => {
    const total = counts.reduce((a, b) => a + b);
    const isDrawn = counts.filter((count) => count > 0).length > 1;
    return isDrawn ? Array.from({ length: total - 1 }, (_, i) => (i + 1) / total) : [];
  });
  return [...sums, ...ratios.filter((ratio) => ratio > 0 && ratio < 1)];
}

/** Every text of this length. */
function texts(V: number, length: number): number[][] {
  const ids = Array.from({ length: V }, (_, id) => id);
  if (length === 0) return [[]];
  return texts(V, length - 1).flatMap((text) => ids.map((id) => [...text, id]));
}

function tables(): fc.Arbitrary<Tables> {
  return fc
    .record({
      V: fc.integer({ min: 2, max: 4 }),
      draftTokens: fc.constantFrom(1 as const, 2 as const),
    })
    .chain(({ V, draftTokens }) => {
      const parts = draftTokens === 1 ? 3 : 2;
      const row = fc
        .array(fc.nat({ max: V - 1 }), { minLength: parts, maxLength: parts })
        .map((ids) =>
          Array.from({ length: V }, (_, id) => ids.filter((other) => other === id).length),
        );
      const table = fc.array(row, { minLength: 1, maxLength: 3 });
      return fc.record({ draftTokens: fc.constant(draftTokens), target: table, draft: table });
    });
}
