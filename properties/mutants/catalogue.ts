/**
 * The catalogue of real bugs in the inference of decoders and their training, by chapter: each row
 * is one mechanism that happened in public. Numbers are not consecutive. Every row is planted, or
 * stands in not-planted.ts.
 */
const catalogue: Readonly<Record<string, readonly number[]>> = {
  "Positions: RoPE, learned positions, ALiBi": [
    1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 23, 24, 26, 27, 28, 29, 30,
    31, 32, 34, 35, 36, 38, 39,
  ],
  "Masks and causality": [
    41, 42, 43, 44, 45, 47, 49, 50, 51, 52, 53, 55, 57, 58, 59, 60, 61, 62, 64, 65, 66, 68, 69,
  ],
  "KV cache: prefill, growth, reuse, rollback, beams": [
    70, 71, 72, 73, 74, 75, 76, 77, 80, 81, 83, 84, 85, 87, 88, 89, 90, 91, 94, 95, 96, 97, 98, 99,
    100, 101,
  ],
  "Heads, softmax, normalisation, numerics": [
    102, 103, 104, 105, 106, 107, 108, 109, 110, 112, 113, 114, 115, 116, 119, 120, 121, 122, 123,
    125, 126, 128,
  ],
  "Weight tying and loading": [129, 130, 132, 133, 135, 136, 137, 138],
  Sampling: [
    139, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 154, 155, 157, 158, 159,
    160, 161, 163, 165, 167, 168, 169, 170, 171, 173, 175, 176, 178, 179, 180, 182, 183, 184,
  ],
  "Stopping, lengths, log-probabilities, isolation": [
    185, 186, 187, 189, 190, 191, 193, 195, 196, 197, 198,
  ],
  Training: [201, 202, 203, 204, 205, 206, 207, 208, 209, 210],
};

/** The numbers of all rows. */
export const rows: readonly number[] = Object.values(catalogue).flat();
