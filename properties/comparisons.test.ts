/** Reports of the comparisons that laws make. */
import { describe, expect, test } from "vitest";
import { expectLogits, expectNextLogits } from "../src/laws/support/expect.ts";
import { type Comparison, observeComparisons, reportComparison } from "../src/tolerance/observe.ts";

describe("comparisons are reported", () => {
  const bound = { absolute: 0.5, relative: 0.25 };
  const rows = [Float64Array.of(1, 2), Float64Array.of(3, 4), Float64Array.of(5, 6)];

  const observed = async (action: () => void | Promise<void>) => {
    const seen: Comparison[] = [];
    await observeComparisons((one) => seen.push(one), action);
    return seen;
  };

  test("row by row, with the tolerance", async () => {
    const actual = rows.map((row, i) => row.map((x) => x + i / 8));
    const seen = await observed(() => expectLogits("", actual, rows, bound));
    expect(seen).toEqual([
      { error: 0, allowed: 1, share: 1 },
      { error: 0.125, allowed: 1.5, share: 1.5 },
      { error: 0.25, allowed: 2, share: 2 },
    ]);
  });

  test("up to the row that breaks the law", async () => {
    const actual = rows.map((row, i) => row.map((x) => x + 4 * i));
    const seen: Comparison[] = [];
    const action = () => expectLogits("", actual, rows, bound, 7);
    expect(() => observeComparisons((one) => seen.push(one), action)).toThrow("position 8");
    expect(seen).toEqual([{ error: 0, allowed: 1, share: 1 }]);
  });

  test("not for comparisons bit for bit", async () => {
    expect(await observed(() => expectNextLogits("", [0], rows[0], rows[0], "bitwise"))).toEqual(
      [],
    );
  });

  test("to the run that makes them, even during another run", async () => {
    const run = (error: number) =>
      observed(async () => {
        for (let i = 0; i < 3; i++) {
          await new Promise((resolve) => setImmediate(resolve));
          reportComparison({ error, allowed: 9 });
        }
      });
    const [one, two] = await Promise.all([run(1), run(2)]);
    expect(one).toEqual(Array(3).fill({ error: 1, allowed: 9 }));
    expect(two).toEqual(Array(3).fill({ error: 2, allowed: 9 }));
  });

  test("to nothing outside of a run", async () => {
    const seen: Comparison[] = [];
    observeComparisons(
      (one) => seen.push(one),
      () => {},
    );
    expectLogits("", rows, rows, bound);
    expect(seen).toEqual([]);
  });
});
