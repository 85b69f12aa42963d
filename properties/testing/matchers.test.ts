/** The matchers, as importing `causalgate/vitest` adds them. */
import { describe, expect, test } from "vitest";
import "../../src/vitest.ts";

/** The message of a failed expectation. */
function messageOf(failing: () => void): string {
  try {
    failing();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("the expectation must fail, but it passed");
}

describe("toEqualLogits", () => {
  test("compares one row or several, bit for bit by default", () => {
    expect(Float32Array.of(1, 2)).toEqualLogits([1, 2]);
    expect([[1, 2], Float64Array.of(3, 4)]).toEqualLogits([
      [1, 2],
      [3, 4],
    ]);
    expect([0.1 + 0.2]).not.toEqualLogits([0.3]);
    expect([0]).not.toEqualLogits([-0]);
    expect([Number.NaN]).toEqualLogits([Number.NaN]);
  });

  test("allows a tolerance, and never NaN within one", () => {
    expect([100.5]).toEqualLogits([100], { absolute: 0, relative: 0.01 });
    expect([101.5]).not.toEqualLogits([100], { absolute: 0, relative: 0.01 });
    expect([Number.NaN]).not.toEqualLogits([100], { absolute: 1, relative: 1 });
  });

  test("allows a share of the largest finite logit, where a filter dropped others", () => {
    expect([-Infinity, 100.5]).toEqualLogits([-Infinity, 100], { absolute: 0, relative: 0.01 });
    expect([-Infinity, 101.5]).not.toEqualLogits([-Infinity, 100], { absolute: 0, relative: 0.01 });
    expect([-Infinity, 100]).not.toEqualLogits([0, 100], { absolute: 1, relative: 1 });
    expect([0, 100]).not.toEqualLogits([-Infinity, 100], { absolute: 1, relative: 1 });
  });

  test("names the first position and token that differ", () => {
    const rows = [
      [1, 2],
      [3, 4.5],
    ];
    expect(messageOf(() => expect(rows).toEqualLogits([rows[0], [3, 4]]))).toBe(
      "toEqualLogits: the logit of token 1 at position 1 is 4.5, but should be 4: off by 5.00e-1, not a bit allowed",
    );
    expect(messageOf(() => expect(rows).not.toEqualLogits(rows))).toBe(
      "toEqualLogits: the logits must differ, got the same",
    );
  });

  test("refuses rows of another shape", () => {
    expect(() => expect([[1, 2]]).toEqualLogits([[1, 2, 3]])).toThrow("got 2");
    expect(() => expect([]).toEqualLogits([[1]])).toThrow("got 0");
  });
});

describe("toBeDistribution", () => {
  test("requires a sum of 1 and no negative entry", () => {
    expect([0.25, 0, 0.75]).toBeDistribution();
    expect([0.25, 0.5]).not.toBeDistribution();
    expect([1.5, -0.5]).not.toBeDistribution();
    expect([Number.NaN, 1]).not.toBeDistribution();
    expect([0.25, 0.7]).toBeDistribution(0.1);
  });

  test("names the smallest entry and the sum", () => {
    expect(messageOf(() => expect([1.5, -0.25]).toBeDistribution())).toBe(
      "toBeDistribution: every entry must be at least 0 and the sum 1, got a smallest entry of -0.25 and a sum of 1.25",
    );
  });
});

describe("toHaveSupport", () => {
  test("requires exactly these tokens, in any order", () => {
    expect([-Infinity, 0, -Infinity, 2]).toHaveSupport([3, 1]);
    expect([-Infinity, 0, -Infinity, 2]).not.toHaveSupport([1]);
    expect([-Infinity, 0, -Infinity, 2]).not.toHaveSupport([1, 2]);
    expect([-Infinity, 0, -Infinity, 2]).not.toHaveSupport([1, 2, 3]);
    expect([-Infinity]).toHaveSupport([]);
  });

  test("names both sets", () => {
    expect(messageOf(() => expect([0, -Infinity, 1]).toHaveSupport(new Set([0, 1])))).toBe(
      "toHaveSupport: the kept tokens must be [0,1], got [0,2]",
    );
  });
});
