import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shortestDecimal } from "../src/formats/gguf-types.ts";
import { decodeQ8_0, encodeFloat16, encodeQ8_0 } from "../src/formats/quantised.ts";
import { property } from "./support.ts";

function toFloat16(...numbers: number[]): number[] {
  const bytes = new DataView(new ArrayBuffer(2 * numbers.length));
  encodeFloat16(bytes, 0, Float64Array.from(numbers), "w");
  return numbers.map((_, i) => bytes.getFloat16(2 * i, true));
}

function toQ8_0(numbers: readonly number[]): DataView {
  const bytes = new DataView(new ArrayBuffer((numbers.length / 32) * 34));
  encodeQ8_0(bytes, 0, Float64Array.from(numbers), "w");
  return bytes;
}

describe("float16", () => {
  test("worked example: ties go to even, and the smallest is 2^-24", () => {
    expect(toFloat16(2048, 2049, 2051, 65519)).toEqual([2048, 2048, 2052, 65504]);
    expect(toFloat16(2 ** -24, 2 ** -25, 3 * 2 ** -25, -0)).toEqual([2 ** -24, 0, 2 ** -23, -0]);
  });

  test.each([65520, -1e9, Number.NaN])("refuses %d, which is out of range", (x) => {
    const message = `w[1]: must be in float16's range, got ${x}`;
    expect(() => toFloat16(0, x)).toThrow(message);
  });
});

describe("Q8_0", () => {
  test("worked example: a scale of 1, halves away from zero", () => {
    const block = [127, 0.5, -0.5, 1.5, -2.5, 0.49, ...new Array(26).fill(0)];
    const bytes = toQ8_0(block);
    expect(bytes.getUint16(0, true)).toBe(0x3c00);
    expect([2, 3, 4, 5, 6, 7].map((i) => bytes.getInt8(i))).toEqual([127, 1, -1, 2, -3, 0]);
    expect([...decodeQ8_0(bytes, "w")].slice(0, 6)).toEqual([127, 1, -1, 2, -3, 0]);
  });

  const numbers = fc.array(
    fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true, min: -8e6, max: 8e6 }),
      fc.constantFrom(0, -0, 2 ** -149, 2 ** -25, 127 * 2 ** -25, 127 * 2 ** -24).map(Math.fround),
    ),
    { minLength: 32, maxLength: 32 },
  );

  property(
    "is exact the second time, and the largest number remains the largest",
    numbers,
    (block) => {
      const bytes = toQ8_0(block);
      const once = [...decodeQ8_0(bytes, "w")];
      expect(new Uint8Array(toQ8_0(once).buffer)).toEqual(new Uint8Array(bytes.buffer));
      const largest = Math.max(...block.map(Math.abs));
      const i = block.findIndex((x) => Math.abs(x) === largest);
      if (largest > 127 * 2 ** -24) expect(bytes.getInt8(2 + i)).toBe(127 * Math.sign(block[i]));
    },
  );

  test("refuses numbers beyond a float16 scale, in writing and reading", () => {
    const message = "w[32]: must have numbers that a float16 scale reaches, got a largest of";
    const small = new Array(32).fill(1);
    expect(() => toQ8_0([...small, ...small.with(3, 1e7)])).toThrow(`${message} 10000000`);
    expect(() => toQ8_0([...small, ...small.with(3, Number.NaN)])).toThrow(`${message} NaN`);
    const bytes = toQ8_0([...small, ...small]);
    bytes.setUint16(34, 0x7c00, true);
    expect(() => decodeQ8_0(bytes, "w")).toThrow("w[32]: must have a finite scale, got Infinity");
  });
});

describe("the shortest decimal of a float32", () => {
  test.each([1e-5, 1e-6, 0.1, 10_000, 500_000, 1e6])("%d is recovered", (x) => {
    expect(shortestDecimal(Math.fround(x))).toBe(x);
  });

  property("is the same float32", fc.float({ noNaN: true }).map(Math.fround), (x) => {
    expect(Math.fround(shortestDecimal(x))).toBe(x);
  });
});
