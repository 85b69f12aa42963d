/** Tolerances: their table and measured noise. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { models } from "../src/arbitraries/models.ts";
import { rawTokens, tokensOf } from "../src/arbitraries/tokens.ts";
import { NotOffered } from "../src/decoder.ts";
import { forward } from "../src/definition.ts";
import { bfloat16, float16, float32, int8 } from "../src/math/arithmetic.ts";
import { seededRandom } from "../src/math/random.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { initWeights, randomWeights } from "../src/model/weights.ts";
import {
  type ArithmeticName,
  type ArithmeticTolerance,
  arithmeticTolerances,
  bits40,
  coarseHeadroom,
  derivedTolerances,
  goldenTolerances,
  headroom,
  mostToleranceShare,
  serverArithmetics,
  serverTolerances,
  timedTolerances,
} from "../src/tolerance/arithmetics.ts";
import { allowance, largestError } from "../src/tolerance/compare.ts";
import { choiceAllowance, logProbAllowance } from "../src/tolerance/derived.ts";
import { heldModel } from "../src/tolerance/held.ts";
import { accuracyOf, isNoise, withMeasuredTolerance } from "../src/tolerance/measured.ts";
import { noiseFloor, noiseOver } from "../src/tolerance/noise.ts";
import { toleranceOf } from "../src/tolerance/subject-tolerance.ts";
import { property } from "./support.ts";

const page = readFileSync(join(import.meta.dirname, "../src/tolerance/arithmetics.ts"), "utf8");
const names = Object.keys(arithmeticTolerances) as ArithmeticName[];

const cases = fc
  .record({ model: models(), raw: rawTokens() })
  .map(({ model, raw }) => ({ model, tokens: tokensOf(model.config, raw) }));

/** Rows with one logit off by `error`. */
function off(rows: readonly (readonly number[])[], error: number): Float64Array[] {
  return rows.map((row, t) => Float64Array.from(row, (x, i) => (t + i === 0 ? x + error : x)));
}

describe("the page of tolerances", () => {
  test("has the bounds of all earlier verdicts", () => {
    const bounds = names.map((name) => [name, Object.values(arithmeticTolerances[name].bound)]);
    expect(Object.fromEntries(bounds)).toEqual({
      float64: [1e-13, 1e-12],
      "independent-float64": [1e-9, 1e-9],
      float32: [0, 2 ** -14],
      "ggml-float32": [0, 2 ** -14],
      "ggml-float16": [0, 2 ** -7],
      float16: [0, 2 ** -7],
      bfloat16: [0, 2 ** -4],
      int8: [0, 2 ** -7],
    });
    expect(serverArithmetics).toEqual(Object.keys(serverTolerances));
    for (const { bound } of Object.values(serverTolerances)) {
      expect(bound).toEqual({ absolute: 0.005, relative: 0 });
    }
    expect(goldenTolerances).toEqual({
      ...{ definition: 1e-10, independentFloat64: 1e-9, noiseFloors: 8 },
    });
    expect(timedTolerances).toEqual({ float64: 1e-9, mostNoise: 0.1 });
    expect(derivedTolerances).toEqual({
      ...{ probability: 1e-12, float32Probability: 2 ** -20 },
      ...{ penalisedLogit: 1e-12, entropy: 1e-9 },
      ...{
        logProb: 1e-13,
        probabilitySum: 1e-9,
        serverProbabilitySum: 1e-4,
        serverLogProb: 2 ** -20,
      },
    });
    expect([headroom, coarseHeadroom, mostToleranceShare]).toEqual([64, 4, 0.01]);
  });

  test("states how many errors of a row there are in what is computed from it", () => {
    const row = [3, -5];
    const tolerance = { absolute: 0.25, relative: 0.5 };
    const { logProb, probabilitySum } = derivedTolerances;
    const times = (allowed: number) => `${allowed / allowance(row, tolerance)} a`;
    const one = times(logProbAllowance(row, tolerance));
    for (const [quantity, allowed] of [
      ["log-probability", `${one} + ${logProb} (1 + s)`],
      ["sum of e to all log-probabilities", `${one} + ${probabilitySum}`],
      ["log-probability of a server", one],
      ["difference of penalised logits", times(choiceAllowance(row, tolerance))],
    ]) {
      const stated = page.split("\n").find((line) => line.startsWith(` * | ${quantity} `));
      expect(stated?.split("|")[2].trim()).toBe(allowed);
    }
    expect(choiceAllowance(row, "bitwise")).toBe(0);
  });

  test.for(names)("states in its table what %s is allowed", (name) => {
    const row = page.split("\n").find((line) => line.includes(`| \`${name}\``));
    const [, , repeatable, accurate, suspicious] = row!.split("|").map((cell) => cell.trim());
    const {
      bound,
      noise,
      headroom: own = headroom,
    }: ArithmeticTolerance = arithmeticTolerances[name];
    const constant = `${bound.absolute} + ${bound.relative} s`;
    const floor = noise?.hold === undefined ? "f" : "g";
    const measured = [`${2 * own} ${floor}`, `${own} f`, `accurate: + ${own} n`];
    const stated = noise === null ? [constant, constant, "accurate: + n"] : measured;
    expect([repeatable, accurate, suspicious]).toEqual(stated);
  });

  test.for(names)("%s, measured on a model, is as the table states", (name) => {
    const [{ model, tokens }] = fc.sample(cases, { numRuns: 1, seed: 1 });
    const subject = toleranceOf(name);
    const { noise, headroom } = subject;
    const measured = withMeasuredTolerance(subject, model);
    if (noise === null) return expect(measured).toEqual(subject);
    const floor = noiseFloor(model, noise);
    const rounding = noiseFloor(heldModel(model, noise), noise);
    expect(measured.accurate).toEqual({ absolute: headroom * floor, relative: 0 });
    expect(measured.repeatable).toEqual({ absolute: 2 * headroom * rounding, relative: 0 });
    const exact = forward(model.config, model.weights, tokens);
    const { absolute } = measured.accurate;
    const limit = (4 * absolute) / headroom;
    const near = accuracyOf(measured, model, tokens, off(exact, 0.95 * limit), exact);
    expect(near.absolute).toBe(absolute);
    const far = accuracyOf(measured, model, tokens, off(exact, 1.05 * limit), exact);
    expect(far.absolute).toBe(absolute + headroom * noiseOver(model, tokens, noise));
  });

  test("states the tolerances of the demo model", () => {
    const { config } = namedModel("demo");
    const model = { name: "demo", config, weights: initWeights(config, 42) };
    const [own, half] = (["float32", "ggml-float16"] as const).map((name) => {
      const floor = noiseFloor(model, arithmeticTolerances[name].noise);
      const { absolute } = withMeasuredTolerance(toleranceOf(name), model).accurate;
      return [floor, absolute].map((value) => Number(value.toPrecision(2))).join(" and ");
    });
    const text = page.replaceAll("\n * ", " ");
    expect(text).toContain(`\`f\` in \`float32\` is ${own} is allowed`);
    expect(text).toContain(`in \`ggml-float16\` they are ${half}.`);
  });

  test("is bit for bit for a subject that declares it, in any arithmetic", () => {
    const [{ model }] = fc.sample(cases, { numRuns: 1, seed: 1 });
    for (const name of names) {
      const subject = toleranceOf(name, { bitwise: true });
      expect(withMeasuredTolerance(subject, model).repeatable).toBe("bitwise");
    }
  });

  test("refuses an unknown arithmetic", () => {
    const unknown = "float8" as ArithmeticName;
    const message = "arithmetic: must be one of float64, independent-float64, float32";
    expect(() => toleranceOf(unknown)).toThrow(message);
    expect(() => toleranceOf(unknown)).toThrow("or an object, got float8");
    expect(() => toleranceOf("toString" as ArithmeticName)).toThrow("got toString");
  });
});

describe("an arithmetic with few bits", () => {
  test.for([
    [bfloat16, 2 ** -8],
    [float16, 2 ** -11],
  ] as const)("%o rounds to the nearest number", ([{ round, hold }, unit]) => {
    for (const x of [1, -2.7, 1e-3, 700]) {
      expect(Math.abs(round(x) - x)).toBeLessThanOrEqual(unit * Math.abs(x));
      expect(round(round(x))).toBe(round(x));
      expect(hold!(Float64Array.of(x), [1])).toEqual(Float64Array.of(round(x)));
    }
    expect([1 + unit, 1 + 3 * unit].map(round)).toEqual([1, 1 + 4 * unit]); // ties to even
    expect([0, -0, Infinity, Number.NaN].map(round)).toEqual([0, -0, Infinity, Number.NaN]);
  });

  test("int8 holds each row of a matrix as whole numbers and a scale", () => {
    const held = int8.hold!(Float64Array.of(127, -63.4, 0.6, 0, 0, 0, 1.27, 0.013, -1), [3, 3]);
    const expected = [127, -63, 1, 0, 0, 0, 1.27, 0.01, -1];
    for (const [i, x] of expected.entries()) expect(held[i]).toBeCloseTo(x, 12);
    expect(int8.hold!(Float64Array.of(1 / 3), [1])).toEqual(Float64Array.of(float16.round(1 / 3)));
  });

  test("rounds results, and keeps sums in float32", () => {
    const { config } = namedModel("demo");
    const weights = initWeights(config, 42);
    for (const arithmetic of [bfloat16, float16]) {
      const { accumulate: _, ...narrowSums } = arithmetic;
      const [rows, narrow] = [arithmetic, narrowSums].map((one) =>
        forward(config, weights, [1, 2, 3], one),
      );
      expect(rows).toEqual(rows.map((row) => row.map(arithmetic.round)));
      expect(narrow).not.toEqual(rows);
    }
  });

  property("shares the error of its weights between two runs", cases, ({ model }) => {
    const held = heldModel(model, int8);
    expect(heldModel(model, int8)).toBe(held);
    expect(heldModel(model, float32)).toBe(model);
    const [once, twice] = [held, heldModel(held, int8)].map(({ weights }) =>
      weights.tensors.map(({ data }) => data),
    );
    expect(largestError(twice, once)).toBeLessThan(1e-12);
  });

  test("skips a model whose logits overflow in it", () => {
    const { config } = namedModel("demo");
    const model = { name: "large", config, weights: randomWeights(config, 1, 1e5) };
    expect(() => withMeasuredTolerance(toleranceOf("float16"), model)).toThrow(NotOffered);
    const must = "the logits of the definition must be finite in float16, got large";
    expect(() => withMeasuredTolerance(toleranceOf("float16"), model)).toThrow(must);
    expect(() => withMeasuredTolerance(toleranceOf("bfloat16"), model)).not.toThrow();
  });
});

describe("measured noise", () => {
  property("is at least that of the rounding", cases, ({ model, tokens }) => {
    const { config, weights } = model;
    const rows = [undefined, float32].map((one) => forward(config, weights, tokens, one).flat());
    const alone = Math.max(...rows[0].map((x, i) => Math.abs(x - rows[1][i])));
    expect(noiseOver(model, tokens, float32)).toBeGreaterThanOrEqual(alone);
  });

  property("is no smaller in an arithmetic with fewer bits", cases, ({ model }) => {
    expect(noiseFloor(model, float32)).toBeGreaterThanOrEqual(noiseFloor(model, bits40));
  });

  property("is at least 4 units of rounding of the largest logit", cases, ({ model }) => {
    const { config, weights } = model;
    // Changes almost only 1/3, which measures the unit of an arithmetic.
    const round = (x: number) => (x === 1 / 3 ? x + 2 ** -10 : x);
    const random = seededRandom(1);
    const walk = Array.from({ length: Math.min(config.maxPositionEmbeddings, 32) }, () =>
      Math.floor(random() * config.vocabSize),
    );
    const largest = Math.max(...forward(config, weights, walk).flat().map(Math.abs));
    const floor = noiseFloor(model, { ...float32, round });
    expect(floor).toBeGreaterThanOrEqual(4 * (round(1 / 3) - 1 / 3) * largest);
  });

  property("of 40 bits is added to the tolerance of a float64 row", cases, ({ model, tokens }) => {
    const exact = forward(model.config, model.weights, tokens);
    const { absolute, relative } = toleranceOf("float64").accurate;
    const largest = Math.max(...exact[0].map(Math.abs));
    const error = (absolute + relative * largest) / 8;
    const allowed = accuracyOf(toleranceOf("float64"), model, tokens, off(exact, error), exact);
    expect(allowed.absolute).toBe(absolute + noiseOver(model, tokens, bits40));
  });

  test("explains an error of up to 128 times the tolerance", () => {
    const [{ model, tokens }] = fc.sample(cases, { numRuns: 1, seed: 1 });
    const limit = 128 * noiseOver(model, tokens, float32);
    expect(limit).toBeGreaterThan(0);
    const difference = (error: number, allowed: number) => {
      return { position: 0, token: 0, actual: error, expected: 0, error, allowed };
    };
    const explained = (error: number, name: ArithmeticName, allowed = 1) =>
      isNoise(difference(error, allowed), toleranceOf(name), model, tokens);
    expect(explained(1 + 0.9 * limit, "float32")).toBe(true);
    expect(explained(1 + 1.1 * limit, "float32")).toBe(false);
    expect(explained(Number.NaN, "float32")).toBe(false);
    expect(explained(1 + 1e-15, "float64")).toBe(false);
    expect(explained(limit / 2, "float32", 0)).toBe(false); // bit for bit
  });
});
