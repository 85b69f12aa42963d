/** The large cases of a law, after its small ones. */
import type { Law } from "../laws/law.ts";
import type { Subject } from "../subjects/subject.ts";
import { dimensionsOf, type LargeCount } from "./large-cases.ts";
import { type CaseOptions, type CaseRun, runCases } from "./run-cases.ts";

/** Share of a law's time that its large cases take, unless the fewest take more. */
const largeShare = 1 / 5;

/** So many small cases require one large case in each dimension; half as many are rounded up. */
const smallPerLarge = 200;

/** The fewest large cases in each dimension of a run with many small ones. */
const fewestOfMany = 3;

/** The most large cases in each dimension, as a share of the small ones. */
const mostPerSmall = 1 / 10;

interface LargeOptions extends CaseOptions {
  /** Number of large cases in each dimension. Default: as many as the time allows. */
  readonly large?: number;
}

/**
 * Runs cases of a law that are large in one dimension, for each of its dimensions.
 *
 * @param small the run of its small cases
 * @returns the run that broke the law, or that of the small cases; and the large cases
 */
export async function withLargeCases(
  law: Law,
  subject: Subject,
  { large: wanted, onCase: _small, ...others }: LargeOptions,
  small: CaseRun,
): Promise<{ readonly run: CaseRun; readonly large: readonly LargeCount[] }> {
  const counts: LargeCount[] = [];
  const most = wanted ?? Math.ceil(others.runs * mostPerSmall);
  const fewest = wanted ?? Math.min(fewestOfMany, Math.round(others.runs / smallPerLarge));
  const isUseful = small.reached > 0 && !small.broken;
  if (!isUseful || most === 0 || fewest === 0) return { run: small, large: counts };
  const isTimed = others.deadline !== undefined;
  const dimensions = dimensionsOf(law, subject);
  const share = (small.timeMs * largeShare) / (1 - largeShare) / dimensions.length;
  for (const dimension of dimensions) {
    const now = performance.now();
    if (now >= (others.deadline ?? Number.POSITIVE_INFINITY)) break;
    const run = await runCases(law, subject, {
      ...others,
      ...{ dimension, runs: most, shrink: false },
      // Else the slowest dimension could take the time of those after it.
      enough: { cases: isTimed ? 1 : fewest, at: now + share },
    });
    counts.push({ dimension, cases: run.cases - run.passedOver });
    if (run.broken) return { run, large: counts };
    small.timeMs += run.timeMs;
    if (run.worst !== null) small.observe(run.worst);
  }
  return { run: small, large: counts };
}
