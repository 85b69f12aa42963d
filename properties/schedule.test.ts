import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { learningRateAt } from "../src/training/schedule.ts";
import { property } from "./support.ts";

/** Schedules with at least one step of the cosine. */
const schedules = fc
  .record({
    peak: fc.double({ min: 1e-6, max: 1, noNaN: true }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    warmupSteps: fc.nat({ max: 50 }),
    more: fc.integer({ min: 1, max: 200 }),
  })
  .map(({ peak, share, warmupSteps, more }) => {
    return { peak, floor: share * peak, warmupSteps, steps: warmupSteps + more };
  });

const rates = (schedule: Parameters<typeof learningRateAt>[1]) =>
  Array.from({ length: schedule.steps }, (_, t) => learningRateAt(t + 1, schedule));

describe("the learning rate", () => {
  test("worked example: two steps up, four steps down", () => {
    const schedule = { peak: 8, floor: 2, warmupSteps: 2, steps: 6 };
    const cosines = [4, 8, 2 + 3 * (1 + Math.SQRT1_2), 5, 2 + 3 * (1 - Math.SQRT1_2), 2];
    for (const [t, rate] of rates(schedule).entries()) expect(rate).toBeCloseTo(cosines[t], 14);
  });

  property("is the peak at the end of the warm-up and the floor at the end", schedules, (s) => {
    if (s.warmupSteps > 0) expect(learningRateAt(s.warmupSteps, s)).toBe(s.peak);
    expect(learningRateAt(s.steps, s)).toBe(s.floor);
  });

  property("rises in equal steps from above 0, then only falls", schedules, (s) => {
    const all = rates(s);
    for (let t = 0; t < s.warmupSteps; t++) {
      expect(all[t]).toBeCloseTo((s.peak / s.warmupSteps) * (t + 1), 12);
      expect(all[t]).toBeGreaterThan(0);
    }
    const falling = all.slice(Math.max(0, s.warmupSteps - 1));
    for (let t = 1; t < falling.length; t++) {
      expect(falling[t]).toBeLessThanOrEqual(falling[t - 1] * (1 + 1e-12));
      expect(falling[t]).toBeGreaterThanOrEqual(s.floor * (1 - 1e-12));
    }
  });

  property("is half way between peak and floor in the middle of the decay", schedules, (s) => {
    const even = { ...s, steps: 2 * s.steps - s.warmupSteps };
    expect(learningRateAt(s.steps, even)).toBeCloseTo((s.peak + s.floor) / 2, 12);
  });

  property("with the floor at the peak is constant after the warm-up", schedules, (s) => {
    const flat = rates({ ...s, floor: s.peak }).slice(s.warmupSteps);
    expect(flat.every((rate) => rate === s.peak)).toBe(true);
  });

  test.for([0, 7, 1.5, -1, Number.NaN])("does not exist at step %d of 6", (step) => {
    const schedule = { peak: 1, floor: 0, warmupSteps: 2, steps: 6 };
    const message = `schedule: the step must be an integer in [1, 6], got ${step}`;
    expect(() => learningRateAt(step, schedule)).toThrow(new RangeError(message));
  });
});
