import { afterAll, describe, expect, test } from "vitest";
import { gradientLaws } from "./gradients/index.ts";
import { property } from "./support.ts";

/** By law: number of conclusive cases, and the largest error over its bound. */
const seen = new Map(gradientLaws.map(({ id }) => [id, { cases: 0, largest: 0 }]));

afterAll(() => {
  for (const [id, { cases, largest }] of seen) {
    console.log(`${id}: ${cases} cases, largest error ${largest.toPrecision(2)} of its bound`);
  }
});

describe.for(gradientLaws)("$id", ({ id, name, cases, holds, runs, floor }) => {
  property(
    name,
    cases,
    (value) => {
      const error = holds(value);
      if (error === null) return;
      const record = seen.get(id)!;
      record.cases++;
      record.largest = Math.max(record.largest, error);
    },
    runs,
  );

  test(`${floor} of ${runs} cases are conclusive`, () => {
    expect(seen.get(id)!.cases).toBeGreaterThanOrEqual(floor);
  });
});
