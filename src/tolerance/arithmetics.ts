/**
 * The tolerance of each arithmetic and the reason for every number: all on this page.
 *
 * A law compares rows of logits in one of two ways. *Repeatable*: two runs of one decoder on the
 * same tokens. *Accurate*: a decoder and the definition, which computes in float64. The error that
 * is allowed follows from the decoder's arithmetic, never from the law:
 *
 * | arithmetic            | repeatable        | accurate          | if a row exceeds 1/16 of that |
 * | --------------------- | ----------------- | ----------------- | ----------------------------- |
 * | `float64`             | 1e-13 + 1e-12 s   | 1e-13 + 1e-12 s   | accurate: + n                 |
 * | `independent-float64` | 1e-9 + 1e-9 s     | 1e-9 + 1e-9 s     | accurate: + n                 |
 * | `float32`             | 128 f             | 64 f              | accurate: + 64 n              |
 * | `ggml-float32`        | 128 f             | 64 f              | accurate: + 64 n              |
 * | `ggml-float16`        | 128 f             | 64 f              | accurate: + 64 n              |
 *
 * - `s` is the largest magnitude of the expected row.
 * - `f` is the noise floor of the model in this arithmetic, `noiseFloor` in noise.ts: the largest
 *   error of the definition itself when every result is rounded as the arithmetic rounds.
 * - `n` is the same error over the very tokens that are compared, `noiseOver` in noise.ts; in
 *   float64 rows it is measured with numbers of 40 bits.
 * - A decoder that declares `bitwise` must repeat itself bit for bit, in any arithmetic.
 * - In the arithmetics with measured noise, an error beyond these limits is still attributed to
 *   noise if it exceeds them by at most 128 n.
 * - Where the model is unknown, no noise can be measured. Two runs of a decoder in `float32` or
 *   `ggml-float32` may then differ by 6.1e-5 s, in `ggml-float16` by 7.8e-3 s, see `unmeasured`
 *   below; for the log-probabilities of a server it is 0.005.
 * - A subject can override its tolerance; then no noise is measured.
 *
 * So a float32 engine whose model is known may be off by 64 times the effect of float32 on the
 * definition of this model, and two of its runs may differ by twice that. For the demo model with
 * initial weights of seed 42, whose logits are below 3, `f` in `float32` is 0.0000018 and
 * 0.00011 is allowed; in `ggml-float16` they are 0.0036 and 0.23.
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
import { type Arithmetic, float32, ggmlFloat16, ggmlFloat32 } from "../math/arithmetic.ts";
import type { ErrorBound, Tolerance } from "./compare.ts";

/** A row of the table above. */
export interface ArithmeticTolerance {
  /** Allowed error where no noise is measured: in float64, or where the model is unknown. */
  readonly bound: ErrorBound;
  /** Rounding whose noise is measured for every case; null in float64, where `bound` is enough. */
  readonly noise: Arithmetic | null;
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

/** Tolerance of each arithmetic that a subject can name. */
export const arithmeticTolerances = {
  float64: { bound: sameFunctions, noise: null },
  "independent-float64": { bound: otherFunctions, noise: null },
  float32: { bound: unmeasuredFloat32, noise: float32 },
  "ggml-float32": { bound: unmeasuredFloat32, noise: ggmlFloat32 },
  "ggml-float16": { bound: unmeasuredFloat16, noise: ggmlFloat16 },
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

/** Tolerance of one subject: what its arithmetic allows. */
export interface SubjectTolerance {
  /** Allowed difference between two runs of one decoder on the same tokens. */
  readonly repeatable: Tolerance;
  /** Allowed difference from the definition. */
  readonly accurate: ErrorBound;
  /** Rounding whose noise replaces both for every case with a known model; null in float64. */
  readonly noise: Arithmetic | null;
}

/**
 * Returns the tolerance of a subject with this arithmetic. An arithmetic that is not in the table
 * has its noise measured, as float32 has.
 *
 * @param bitwise true if two runs on the same tokens must give the same bits
 * @throws {RangeError} naming the arithmetics, if there is none of this name
 */
export function toleranceOf(
  arithmetic: ArithmeticName | Arithmetic | ArithmeticTolerance,
  bitwise = false,
): SubjectTolerance {
  const { bound, noise } = rowOf(arithmetic);
  return { repeatable: bitwise ? "bitwise" : bound, accurate: bound, noise };
}

function rowOf(arithmetic: ArithmeticName | Arithmetic | ArithmeticTolerance): ArithmeticTolerance {
  if (typeof arithmetic === "string") {
    if (Object.hasOwn(arithmeticTolerances, arithmetic)) return arithmeticTolerances[arithmetic];
    const names = Object.keys(arithmeticTolerances).join(", ");
    throw new RangeError(`arithmetic: must be one of ${names} or an object, got ${arithmetic}`);
  }
  return "bound" in arithmetic ? arithmetic : { bound: unmeasuredFloat32, noise: arithmetic };
}

/**
 * Number of noise floors that a logit may be off. Engines sum in other orders than the definition
 * and have their own exponentials, and the floor is one sample of such noise, which can be small by
 * chance: ONNX Runtime in float32 used up to two thirds of this in 300 generated models.
 */
export const headroom = 64;

/** Two runs of one decoder may be off on either side of the exact logits. */
export const runsCompared = 2;

/**
 * Share of the tolerance above which the noise of the very tokens is measured. It takes several
 * passes of the definition, and errors below this share need no explanation. Some models amplify
 * rounding a thousandfold over some tokens, which neither a constant nor the floor covers.
 */
export const suspiciousShare = 1 / 16;

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
