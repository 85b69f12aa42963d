/**
 * The tolerance of each arithmetic and the reason for every number: all on this page.
 *
 * A law compares rows of logits in one of two ways. *Repeatable*: two runs of one decoder on the
 * same tokens. *Accurate*: a decoder and the definition, which computes in float64. The error that
 * is allowed follows from the decoder's arithmetic, never from the law:
 *
 * | arithmetic            | repeatable        | accurate          | if a row is suspicious        |
 * | --------------------- | ----------------- | ----------------- | ----------------------------- |
 * | `float64`             | 1e-13 + 1e-12 s   | 1e-13 + 1e-12 s   | accurate: + n                 |
 * | `independent-float64` | 1e-9 + 1e-9 s     | 1e-9 + 1e-9 s     | accurate: + n                 |
 * | `float32`             | 128 f             | 64 f              | accurate: + 64 n              |
 * | `ggml-float32`        | 128 f             | 64 f              | accurate: + 64 n              |
 * | `ggml-float16`        | 8 f               | 4 f               | accurate: + 4 n               |
 * | `float16`             | 8 g               | 4 f               | accurate: + 4 n               |
 * | `bfloat16`            | 8 g               | 4 f               | accurate: + 4 n               |
 * | `int8`                | 8 g               | 4 f               | accurate: + 4 n               |
 *
 * - `s` is the largest magnitude of the expected row.
 * - `f` is the noise floor of the model in this arithmetic, `noiseFloor` in noise.ts: the largest
 *   error of the definition itself when every result is rounded as the arithmetic rounds.
 * - `g` is the same between the rounded definition and the exact one of the rounded weights: two
 *   runs share the error of their weights.
 * - `n` is the same error over the very tokens that are compared, `noiseOver` in noise.ts; in
 *   float64 rows it is measured with numbers of 40 bits. A row is suspicious if its error exceeds
 *   4 f, in float64 rows 1/16 of what is allowed.
 * - A decoder that declares `bitwise` must repeat itself bit for bit, in any arithmetic.
 * - In the arithmetics with measured noise, an error beyond these limits is still attributed to
 *   noise if it exceeds them by at most twice the headroom times n, without that of the weights.
 * - Where the model is unknown, no noise can be measured. Two runs of a decoder in `float32` or
 *   `ggml-float32` may then differ by 6.1e-5 s, in `ggml-float16`, `float16` or `int8` by 7.8e-3 s,
 *   in `bfloat16` by 6.3e-2 s, see `unmeasured` below; for the log-probabilities of a server it is
 *   0.005.
 * - A subject can override its tolerance; then no noise is measured.
 * - A model whose logits are not finite in the arithmetic is not compared: the case is skipped.
 *
 * These are the results that an arithmetic rounds, always to the nearest number, ties to even:
 *
 * - `float32`: every result, to 24 bits. `ggml-float32` also rounds the input and output of GELU
 *   and ReLU to 11 bits, and `ggml-float16` also queries, keys, values and sums of values.
 * - `bfloat16` and `float16`: the weights, the embedding among them, and the results of every
 *   matrix product, attention score, scaled score, softmax, sum of values, norm, rotation,
 *   activation, product and sum of elements, and the logits, to 8 and 11 bits. Products and sums in
 *   a matrix product, and all steps inside a norm or a softmax, have the 24 bits of float32.
 * - `int8`: as `float16`, except that each row of a matrix, the embedding among them, is its
 *   largest magnitude over 127 times whole numbers from -127 to 127. Vectors, which are biases and
 *   the gains of norms, have 11 bits.
 *
 * **What a tolerance can prove.** The spread of a row of logits is its largest finite logit minus
 * its smallest. A law whose tolerance is above 1 % of the spread in the median of all rows that it
 * compared is unproven, whatever its canary did: `mostToleranceShare` below.
 *
 * So a float32 engine whose model is known may be off by 64 times the effect of float32 on the
 * definition of this model, and two of its runs may differ by twice that. For the demo model with
 * initial weights of seed 42, whose logits are below 3, `f` in `float32` is 0.0000018 and
 * 0.00011 is allowed; in `ggml-float16` they are 0.0036 and 0.014.
 *
 * A quantity computed from logits may be off by a multiple of `a`, the allowed error of their row:
 *
 * | quantity                         | allowed error       | because of                          |
 * | -------------------------------- | ------------------- | ----------------------------------- |
 * | log-probability                  | 2 a + 1e-13 (1 + s) | its logit, and the log of the sum   |
 * | sum of e to all log-probabilities | 2 a + 1e-9         | the same, in each                   |
 * | log-probability of a server      | 2 a                 | the same; its rounding is in a      |
 * | difference of penalised logits   | 4 a                 | both logits, doubled by a penalty   |
 *
 * Samplers and speculative rules compute in float64 from given logits: `derivedTolerances` below.
 */
import {
  type Arithmetic,
  bfloat16,
  float16,
  float32,
  ggmlFloat16,
  ggmlFloat32,
  int8,
} from "../math/arithmetic.ts";
import type { ErrorBound } from "./compare.ts";

/** A row of the table above. */
export interface ArithmeticTolerance {
  /** Allowed error where no noise is measured: in float64, or where the model is unknown. */
  readonly bound: ErrorBound;
  /** Rounding whose noise is measured for every case; null in float64, where `bound` is enough. */
  readonly noise: Arithmetic | null;
  /** Number of noise floors that a logit may be off. Default {@link headroom}. */
  readonly headroom?: number;
}

/**
 * float64 against float64 where the same functions are used and only the order of sums and the
 * rounding of functions differ. The reference used up to a sixteenth of this in 1,000 cases a law.
 */
const sameFunctions: ErrorBound = { absolute: 1e-13, relative: 1e-12 };

/**
 * float64 against float64 where sums and functions are those of another author. A model can amplify
 * their roundings: in 1,500 generated models the largest difference was 1e-12 of the largest logit,
 * and in another run of 520 models 3.1e-14 of it, 4.7e-10 in logits.
 */
const otherFunctions: ErrorBound = { absolute: 1e-9, relative: 1e-9 };

/**
 * Two runs of a decoder of unknown weights, as a share of the largest logit: 1,024 units of
 * rounding in float32, 2^-24 each. A sum of n numbers is off by at most n units (Higham 2002,
 * section 3.1), sums of a few thousand by far fewer as their errors cancel, and each layer adds its
 * own. ONNX Runtime used up to a fifth of this in 400 generated models, in half of them 1/300.
 */
const unmeasuredFloat32: ErrorBound = { absolute: 0, relative: 2 ** -14 };

/**
 * The same where keys, values and partial sums are rounded to float16: 16 units of 2^-11. Only
 * results are rounded to so few bits, and long sums still have float32.
 */
const unmeasuredFloat16: ErrorBound = { absolute: 0, relative: 2 ** -7 };

/** The same for bfloat16: 16 units of 2^-8. */
const unmeasuredBfloat16: ErrorBound = { absolute: 0, relative: 2 ** -4 };

/**
 * Number of noise floors that a logit may be off. Engines sum in other orders than the definition
 * and have their own exponentials, and the floor is one sample of such noise, which can be small by
 * chance: ONNX Runtime in float32 used up to two thirds of this in 300 generated models.
 */
export const headroom = 64;

/**
 * The same where results are rounded to 11 bits or fewer. Sums in another order hardly count then,
 * and the floor has almost all of the noise. In 1,500 generated models the largest error of
 * llama.cpp with its default cache was 1.2 times `f` + `n`; in 110 that of transformers in bfloat16
 * and float16 was 1.4 times the larger of them. Two runs of them differed by at most 0.04 of `g`.
 */
export const coarseHeadroom = 4;

/** Tolerance of each arithmetic that a subject can name. */
export const arithmeticTolerances = {
  float64: { bound: sameFunctions, noise: null },
  "independent-float64": { bound: otherFunctions, noise: null },
  float32: { bound: unmeasuredFloat32, noise: float32 },
  "ggml-float32": { bound: unmeasuredFloat32, noise: ggmlFloat32 },
  "ggml-float16": { bound: unmeasuredFloat16, noise: ggmlFloat16, headroom: coarseHeadroom },
  float16: { bound: unmeasuredFloat16, noise: float16, headroom: coarseHeadroom },
  bfloat16: { bound: unmeasuredBfloat16, noise: bfloat16, headroom: coarseHeadroom },
  int8: { bound: unmeasuredFloat16, noise: int8, headroom: coarseHeadroom },
} as const satisfies Readonly<Record<string, ArithmeticTolerance>>;

/** Name of an arithmetic that a subject can declare. */
export type ArithmeticName = keyof typeof arithmeticTolerances;

/**
 * Log-probabilities of a server whose model is unknown, so that its noise cannot be measured: half
 * a percent of a probability, and a whole percent between two of them.
 */
const unknownServer: ErrorBound = { absolute: 0.005, relative: 0 };

/**
 * Tolerance of each arithmetic that a server can be declared to use. Servers of completions are
 * built on ggml or hold keys and values in float16 as it does.
 */
export const serverTolerances = {
  float32: { bound: unknownServer, noise: ggmlFloat32 },
  float16: { bound: unknownServer, noise: ggmlFloat16 },
} as const satisfies Readonly<Record<string, ArithmeticTolerance>>;

/** Name of an arithmetic that a server can be declared to use. */
export type ServerArithmetic = keyof typeof serverTolerances;
export const serverArithmetics: readonly ServerArithmetic[] = ["float32", "float16"];

/**
 * Largest tolerance with which a law proves something, as a share of the spread of the logits: a
 * law that cannot see an error of 1 % of the spread proves little. The median over the rows that
 * the law compared counts, as a few generated models amplify rounding a thousandfold or have logits
 * that are nearly equal.
 */
export const mostToleranceShare = 0.01;

/** Two runs of one decoder may be off on either side of the exact logits. */
export const runsCompared = 2;

/**
 * Error above which the noise of the very tokens is measured: in noise floors, and in float64 as a
 * share of the tolerance. It takes several passes of the definition, and errors below need no
 * explanation. Some models amplify rounding a thousandfold over some tokens, which neither a
 * constant nor the floor covers.
 */
export const suspicious = { floors: 4, share: 1 / 16 } as const;

/**
 * Number of tries with different roundings for the noise of the very tokens: where two attention
 * scores nearly tie, a rounding is amplified to 2e-4 of a logit, and in one try it may be zero.
 * The floor alone gave false alarms in two laws of 1,000 cases each on ONNX Runtime in float32.
 */
export const noiseTries = 4;

/** Smallest noise floor, in units of the arithmetic's own rounding of the largest logit. */
export const leastFloorUlps = 4;

/** Number of tokens, at most, over which a noise floor is measured. */
export const floorTokens = 32;

/**
 * float64 with 13 of its 53 bits rounded away, by Veltkamp's splitting: 8192 times the noise of
 * float64. It takes the place of float64 where the noise of the very tokens is measured, with a
 * headroom of 1.
 */
export const bits40: Arithmetic = {
  name: "40 bits",
  round: (x) => {
    const shifted = x * (2 ** 13 + 1);
    return shifted - (shifted - x);
  },
  products: () => {},
};

/** Allowed errors of quantities that are computed from given logits. */
export const derivedTolerances = {
  /** A probability in float64, or a sum of some: thousands of units of rounding. */
  probability: 1e-12,
  /** A probability that a sampler rounds to float32, or a sum of some: 8 units of 2^-23. */
  float32Probability: 2 ** -20,
  /** A penalised logit, relative if above 1: a penalty can be subtracted once or several times. */
  penalisedLogit: 1e-12,
  /** An entropy, which has a logarithm of each probability. */
  entropy: 1e-9,
  /** A log-probability in float64 as a share of 1 + s: the formula itself rounds. */
  logProb: 1e-13,
  /** The sum of the exponentials of all log-probabilities, each of which was rounded. */
  probabilitySum: 1e-9,
  /** Largest log-probability of a server: that of a sure token, off by the rounding of float32. */
  serverLogProb: 2 ** -20,
  /** A sum of probabilities that a server computes in float32. */
  serverProbabilitySum: 1e-4,
} as const;

/** Number of row errors in a log-probability: that of its logit, and that of the log of the sum. */
export const errorsOfLogProb = 2;

/**
 * Number of row errors in the difference of two logits that a greedy choice compares: one of each,
 * twice as large after a repetition penalty of 2, and laws draw none above.
 */
export const errorsOfChoice = 4;

/** Allowed difference from a golden fixture's logits. */
export const goldenTolerances = {
  /** Logits of the definition itself: it agrees with itself across JavaScript engines to less. */
  definition: 1e-10,
  /** Logits of an independent float64 engine: see `independent-float64`. */
  independentFloat64: 1e-9,
  /** Noise floors, for logits of an engine with measured noise; those recorded are off by 2. */
  noiseFloors: 8,
} as const;

/** Allowed difference of a timed engine's logits, as shares of the largest logit. */
export const timedTolerances = {
  /** Between two engines in float64: see `independent-float64`. */
  float64: 1e-9,
  /** Largest measured noise: a model with more cannot be audited. */
  mostNoise: 0.1,
} as const;
