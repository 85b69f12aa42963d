import fc from "fast-check";

/** Wrong lengths, offsets and counts, of 32 or 64 bits. */
const hostile = [0n, 1n, -1n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 1n << 40n, 1n << 62n, -8n];

/**
 * Returns damaged copies of a file: truncated, extended, with bytes flipped, zeroed or exchanged,
 * or with a wrong length. Most damage is in the first bytes, where headers are. A reader must
 * refuse a copy with a clear error, or read it as something else that is complete; it can be a
 * valid file.
 *
 * @param headerBytes approximate size of the header
 */
export function damagedCopies(
  bytes: Uint8Array,
  headerBytes = Math.min(bytes.length, 256),
): fc.Arbitrary<Uint8Array> {
  const anywhere = fc.nat(bytes.length - 1);
  const place = fc.oneof({ weight: 3, arbitrary: fc.nat(headerBytes - 1) }, anywhere);
  const edit = (change: (copy: Buffer) => void) => {
    const copy = Buffer.from(bytes);
    change(copy);
    return new Uint8Array(copy);
  };
  const truncated = fc.oneof(place, anywhere).map((length) => bytes.slice(0, length));
  const grown = fc
    .uint8Array({ minLength: 1, maxLength: 16 })
    .map((tail) => new Uint8Array([...bytes, ...tail]));
  const flipped = fc
    .array(fc.tuple(place, fc.nat(7)), { minLength: 1, maxLength: 4 })
    .map((flips) =>
      edit((copy) => {
        for (const [at, bit] of flips) copy[at] ^= 1 << bit;
      }),
    );
  const filled = fc
    .tuple(place, fc.constantFrom(0, 255), fc.integer({ min: 1, max: 32 }))
    .map(([at, byte, length]) => edit((copy) => copy.subarray(at, at + length).fill(byte)));
  const exchanged = fc.tuple(place, place).map(([a, b]) =>
    edit((copy) => {
      [copy[a], copy[b]] = [copy[b], copy[a]];
    }),
  );
  const huge = fc
    .tuple(place, fc.constantFrom(...hostile), fc.constantFrom(4, 8))
    .map(([at, value, width]) =>
      edit((copy) => {
        const number = Buffer.alloc(8);
        number.writeBigInt64LE(value);
        number.copy(copy, at, 0, width);
      }),
    );
  return fc.oneof(truncated, grown, flipped, filled, exchanged, huge);
}

/**
 * Returns damaged copies of a JSON text: one token (a number, a word, a bracket) is removed or
 * replaced, so that it may be valid JSON and invalid for a reader.
 */
export function damagedJson(text: string): fc.Arbitrary<string> {
  const token = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[{}[\],:]|true|false|null|\s+/g;
  const tokens = Array.from(text.matchAll(token), ([word]) => word);
  const values = ["-1", "0", "1e99", "9007199254740993", "0.5", "null", "true", '"x"', "[]", "{}"];
  return fc
    .tuple(fc.nat(tokens.length - 1), fc.constantFrom("", ...values))
    .map(([at, value]) => tokens.with(at, value).join(""));
}
