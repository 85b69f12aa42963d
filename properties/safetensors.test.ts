import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "../src/formats/safetensors.ts";
import type { Tensor } from "../src/model/weights.ts";
import { damagedCopies, damagedJson } from "./damage.ts";
import { expectClear, memory } from "./refusals.ts";
import { scratchFolder } from "./scratch.ts";
import { property } from "./support.ts";

/** A file: the header's length, the header, the numbers. */
function safetensors(header: unknown, data: Uint8Array | number[], length?: bigint): Uint8Array {
  const json = typeof header === "string" ? header : JSON.stringify(header);
  const bytes = new TextEncoder().encode(json);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(bytes.length));
  return Buffer.concat([size, bytes, Uint8Array.from(data)]);
}

const float = (dtype: "F32" | "F64") =>
  fc.oneof(
    fc.constantFrom(-0, 0, 1, 2 ** -149, 2 ** 127),
    dtype === "F32"
      ? fc.float({ noNaN: true, noDefaultInfinity: true })
      : fc.double({ noNaN: true, noDefaultInfinity: true }),
  );

const tensor = (dtype: "F32" | "F64"): fc.Arbitrary<Tensor> =>
  fc
    .tuple(fc.string({ minLength: 1 }), fc.array(fc.nat(3), { maxLength: 3 }))
    .chain(([name, shape]) => {
      const size = shape.reduce((product, extent) => product * extent, 1);
      return fc
        .array(float(dtype), { minLength: size, maxLength: size })
        .map((data) => ({ name, shape, data: Float64Array.from(data) }));
    });

const tensors = fc
  .constantFrom("F32" as const, "F64" as const)
  .chain((dtype) =>
    fc.uniqueArray(tensor(dtype), { selector: ({ name }) => name, maxLength: 5, minLength: 1 }),
  );

describe("safetensors", () => {
  const folder = scratchFolder();
  const path = join(folder, "model.safetensors");

  test("worked example: each type of number, read exactly", async () => {
    const header = {
      __metadata__: { format: "pt" },
      half: { dtype: "F16", shape: [3], data_offsets: [0, 6] },
      brain: { dtype: "BF16", shape: [1, 2], data_offsets: [6, 10] },
      single: { dtype: "F32", shape: [1], data_offsets: [10, 14] },
      double: { dtype: "F64", shape: [], data_offsets: [14, 22] },
      mask: { dtype: "BOOL", shape: [2], data_offsets: [22, 24] },
    };
    const half = [0x00, 0x3c, 0x01, 0x00, 0xff, 0xfb]; // 1, the smallest, the lowest
    const brain = [0x80, 0x3f, 0x49, 0xc0]; // 1, -3.140625
    const single = [0xcd, 0xcc, 0xcc, 0x3d]; // 0.1, rounded
    const double = [0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f]; // 0.1
    await writeFile(path, safetensors(header, [...half, ...brain, ...single, ...double, 1, 0]));
    expect(await readSafetensors(path, (name) => name === "mask")).toEqual([
      { name: "half", shape: [3], data: Float64Array.of(1, 2 ** -24, -65504) },
      { name: "brain", shape: [1, 2], data: Float64Array.of(1, -3.140625) },
      { name: "single", shape: [1], data: Float64Array.of(Math.fround(0.1)) },
      { name: "double", shape: [], data: Float64Array.of(0.1) },
    ]);
  });

  test("worked example: the bytes of a written file", async () => {
    const written = await writeSafetensors(path, [
      { name: "b", shape: [1, 2], data: Float64Array.of(1, -2) },
      { name: "a", shape: [1], data: Float64Array.of(0.5) },
    ]);
    const header =
      '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
      '"b":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    const numbers = new Uint8Array(Float32Array.of(0.5, 1, -2).buffer);
    expect(written).toBe("F32");
    expect(new Uint8Array(await readFile(path))).toEqual(
      new Uint8Array(safetensors(padded, numbers)),
    );
  });

  property("reads written tensors bit for bit", tensors, async (written) => {
    await writeSafetensors(path, written);
    const read = await readSafetensors(path);
    const byName = (list: readonly Tensor[]) => new Map(list.map((entry) => [entry.name, entry]));
    expect(byName(read)).toEqual(byName(written));
  });

  property("the same tensors in any order give the same bytes", tensors, async (written) => {
    await writeSafetensors(path, written);
    const bytes = await readFile(path);
    await writeSafetensors(path, written.toReversed());
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  const entry = (shape: unknown, offsets: unknown, dtype: unknown = "F32") => ({
    dtype,
    shape,
    data_offsets: offsets,
  });
  const refusals: [string, Uint8Array, string][] = [
    ["an empty file", Buffer.alloc(0), "the header's length must be bytes [0, 8), got a file of 0"],
    [
      "a header longer than the file",
      safetensors({}, [], 1n << 40n),
      "the header must have at most 2 bytes, got 1099511627776",
    ],
    ["a header that is not JSON", safetensors("{nope}  ", []), "the header must be JSON: "],
    ["a header that is not UTF-8", safetensors("", [0xff], 1n), "the header must be JSON: "],
    ["a list for a header", safetensors("[1]", []), "the header must be a JSON object, got [1]"],
    ["no object", safetensors({ a: 1 }, []), "a: must be an object, got 1"],
    [
      "an unknown type",
      safetensors({ a: entry([1], [0, 4], "F31") }, [0, 0, 0, 0]),
      "a: dtype must be a type of safetensors, got F31",
    ],
    [
      "a word of JavaScript for a type",
      safetensors({ a: entry([1], [0, 4], "constructor") }, [0, 0, 0, 0]),
      "a: dtype must be a type of safetensors, got constructor",
    ],
    [
      "integers",
      safetensors({ a: entry([2, 2], [0, 16], "I32") }, new Uint8Array(16)),
      "a: dtype must be one of F64, F32, F16, BF16, got I32",
    ],
    [
      "a negative size",
      safetensors({ a: entry([-1], [0, 4]) }, [0, 0, 0, 0]),
      "a: shape must be a list of sizes, got -1",
    ],
    [
      "offsets that are not two",
      safetensors({ a: entry([1], [0]) }, [0, 0, 0, 0]),
      "a: data_offsets must be two places, got 0",
    ],
    [
      "negative offsets",
      safetensors({ a: entry([1], [-4, 0]) }, []),
      "a: data_offsets must be two places, got -4,0",
    ],
    [
      "a size that is not the shape's",
      safetensors({ a: entry([2], [0, 4]) }, [0, 0, 0, 0]),
      "a: [2] of F32 must have 8 bytes, got data_offsets [0, 4]",
    ],
    [
      "a shape whose product overflows",
      safetensors({ a: entry([2 ** 50, 2 ** 50], [0, 4]) }, [0, 0, 0, 0]),
      "must have 5.070602400912918e+30 bytes, got data_offsets [0, 4]",
    ],
    [
      "tensors that overlap",
      safetensors({ a: entry([2], [0, 8]), b: entry([2], [4, 12]) }, new Uint8Array(12)),
      "b: must begin at byte 8, where the tensor before it ends, got 4",
    ],
    [
      "a hole between tensors",
      safetensors({ a: entry([1], [0, 4]), b: entry([1], [8, 12]) }, new Uint8Array(12)),
      "b: must begin at byte 4, where the tensor before it ends, got 8",
    ],
    [
      "a tensor outside the file",
      safetensors({ a: entry([2], [0, 8]) }, [0, 0, 0, 0]),
      "the tensors must fill the file's 4 bytes, got 8",
    ],
    [
      "bytes after the last tensor",
      safetensors({ a: entry([1], [0, 4]) }, [0, 0, 0, 0, 0]),
      "the tensors must fill the file's 5 bytes, got 4",
    ],
    [
      "a weight that is not a number",
      safetensors({ a: entry([2], [0, 4], "BF16") }, [0x80, 0x3f, 0xc0, 0x7f]),
      "a[1]: must be a finite number, got NaN",
    ],
    [
      "an infinite weight",
      safetensors({ a: entry([1], [0, 2], "F16") }, [0x00, 0xfc]),
      "a[0]: must be a finite number, got -Infinity",
    ],
  ];
  test.each(refusals)("refuses %s", async (_, bytes, message) => {
    await writeFile(path, bytes);
    const error = await readSafetensors(path).catch((reason: unknown) => reason);
    expectClear(error, path);
    expect((error as Error).message).toContain(message);
  });

  test.each([
    ["a name twice", ["a", "a"], [1, 1], "safetensors: a: must be the name of one tensor"],
    ["another size", ["a"], [2], "safetensors: a: must be [1], 1 numbers, got 2"],
    ["the word for metadata", ["__metadata__"], [1], "must be the name of one tensor"],
  ])("does not write %s", async (_, names, sizes, message) => {
    const written = names.map((name, i) => ({
      name,
      shape: [1],
      data: new Float64Array(sizes[i]),
    }));
    const target = join(folder, "never.safetensors");
    await expect(writeSafetensors(target, written)).rejects.toThrow(message);
    await expect(readFile(target)).rejects.toThrow("ENOENT");
  });

  test("does not write NaN or infinity", async () => {
    const data = Float64Array.of(1, Number.NaN);
    const write = writeSafetensors(path, [{ name: "a", shape: [2], data }]);
    await expect(write).rejects.toThrow("safetensors: a[1]: must be a finite number, got NaN");
  });

  test("writes the requested type, and refuses numbers that it cannot represent", async () => {
    const data = Float64Array.of(-0, 0.5, 65_504, 2 ** -24);
    const half = join(folder, "half.safetensors");
    expect(await writeSafetensors(half, [{ name: "a", shape: [4], data }], "F16")).toBe("F16");
    expect((await readFile(half)).length % 8).toBe(0);
    expect((await readSafetensors(half))[0].data).toEqual(data);
    const write = writeSafetensors(
      half,
      [{ name: "a", shape: [4], data: data.with(1, 0.1) }],
      "F16",
    );
    await expect(write).rejects.toThrow(
      "safetensors: a[1]: must be a number of F16, got 0.1; round it first",
    );
    expect((await readSafetensors(half))[0].data).toEqual(data);
  });

  const header = {
    b: entry([1, 2], [0, 4], "BF16"),
    a: entry([2], [4, 12]),
    c: entry([0], [12, 12]),
  };
  const whole = safetensors(
    header,
    Array.from({ length: 12 }, (_, i) => 3 * i),
  );
  const damaged = fc.oneof(
    damagedCopies(whole, whole.length - 12),
    damagedJson(JSON.stringify(header)).map((json) => safetensors(json, whole.slice(-12))),
  );
  property(
    "a damaged file is refused by name, or read as complete tensors",
    damaged,
    async (bytes) => {
      await writeFile(path, bytes);
      const before = memory();
      try {
        for (const { shape, data } of await readSafetensors(path)) {
          expect(data.length).toBe(shape.reduce((product, extent) => product * extent, 1));
          expect(data.every(Number.isFinite)).toBe(true);
        }
      } catch (error) {
        expectClear(error, path);
      }
      expect(memory() - before).toBeLessThan(64 * 2 ** 20);
    },
    500,
  );
});
