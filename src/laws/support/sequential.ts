/**
 * A sequential test of the draws of an unknown sampler: it draws until the draws fit the claimed
 * distribution or contradict it, and both answers have a stated error rate.
 *
 * For every token k, with the claimed probability p = p_k, Wald's sequential probability ratio test
 * sets two hypotheses about "the draw is k" against p: the probability is p + d, and it is p - d.
 * After every draw x (1 for k, 0 otherwise) the likelihood ratio is
 *
 *     ratio = prod (p ± d)^x (1 - p ∓ d)^(1 - x) / (p^x (1 - p)^(1 - x))
 *
 * and the hypothesis holds at `ratio >= 2 V / alpha`, and is given up at `ratio <= beta`.
 *
 * False alarms: where the claim is true, the ratio is a martingale of mean 1, so that it ever
 * reaches 2 V / alpha with a probability of at most alpha / (2 V) (Ville's inequality). There are
 * at most 2 V such tests: one of them raises a false alarm with a probability of at most alpha.
 *
 * Misses: where k is drawn with a probability q that is at least p + d, 1 / ratio has the expected
 * factor `q p / (p + d) + (1 - q) (1 - p) / (1 - p - d)` a draw, which is 1 at q = p + d and falls
 * with q. It is a supermartingale, and ever reaches 1 / beta with a probability of at most beta;
 * and the same below p - d. Hence a bias of d or more on any token is missed at most that often.
 *
 * @see Wald 1945, "Sequential Tests of Statistical Hypotheses"; Ville 1939
 */
export interface ErrorRates {
  /** Maximum probability that a correct sampler is called biased. */
  readonly alpha: number;
  /** Maximum probability that a bias of at least `bias` is missed. */
  readonly beta: number;
  /** d: the smallest error of a token's probability that counts as a bias. */
  readonly bias: number;
}

export interface SequentialVerdict {
  /** The first token that is drawn too often or too seldom; null if the draws fit. */
  readonly biased: number | null;
  /** Number of draws. */
  readonly draws: number;
}

/** One hypothesis about one token: what a draw adds to the logarithm of its ratio. */
interface Hypothesis {
  readonly token: number;
  readonly ifDrawn: number;
  readonly ifNot: number;
  logRatio: number;
}

/**
 * Tests the draws of `next` against the claimed probabilities.
 *
 * @param probs `[V]`, summing to 1
 */
export function testDraws(
  probs: Float64Array,
  next: () => number,
  { alpha, beta, bias }: ErrorRates,
): SequentialVerdict {
  const alarm = Math.log((2 * probs.length) / alpha);
  const fits = Math.log(beta);
  let open = [...probs.entries()].flatMap(([token, p]) => hypotheses(token, p, bias));
  for (let draws = 0; ; draws++) {
    if (open.length === 0) return { biased: null, draws };
    const drawn = next();
    for (const test of open) {
      test.logRatio += drawn === test.token ? test.ifDrawn : test.ifNot;
      if (test.logRatio >= alarm) return { biased: test.token, draws: draws + 1 };
    }
    open = open.filter(({ logRatio }) => logRatio > fits);
  }
}

/** More often and less often than `p`, where such a probability exists. */
function hypotheses(token: number, p: number, bias: number): Hypothesis[] {
  const others = [p + bias, p - bias].filter((q) => q >= 0 && q <= 1);
  return others.map((q) => {
    return { token, ifDrawn: Math.log(q / p), ifNot: Math.log((1 - q) / (1 - p)), logRatio: 0 };
  });
}
