/** The functions of jstat that are used here; the package has no types. */
declare module "jstat" {
  const jstat: {
    /** The regularised incomplete beta function `I_x(a, b)`. */
    ibeta(x: number, a: number, b: number): number;
    /** The x with `I_x(a, b) = p`. */
    ibetainv(p: number, a: number, b: number): number;
    studentt: { inv(p: number, df: number): number };
    binomial: { cdf(k: number, n: number, p: number): number };
    mean(values: readonly number[]): number;
    median(values: readonly number[]): number;
    /** The median absolute deviation from the median. */
    meddev(values: readonly number[]): number;
    stdev(values: readonly number[], isSample: true): number;
    /** Interpolated quantiles; R's type 7 with both `alphap` and `betap` 1. */
    quantiles(values: readonly number[], ps: readonly number[], alphap: 1, betap: 1): number[];
    /** The ends of an interval of a mean by Student's t, outside which `alpha` is left. */
    tci(mean: number, alpha: number, values: readonly number[]): [low: number, high: number];
  };
  export default jstat;
}
