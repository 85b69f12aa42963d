/** The laws on the unchanged code: a law that is broken there is a false alarm. */
import { startProgress } from "../../src/io/progress.ts";
import type { RowOf } from "../../src/io/table.ts";
import { grouped } from "../../src/io/text-table.ts";
import { laws } from "../../src/laws/index.ts";
import type { falseAlarmsTable } from "../../src/verify/false-alarms-table.ts";
import { inParallel, runWorker } from "./pool.ts";

/** The result of one law on one subject from one seed. */
export type AlarmRow = Omit<RowOf<typeof falseAlarmsTable>, "run_id">;

/** The subjects whose code the mutants are planted in. */
const subjects = ["reference", "reference-tiled"];

/**
 * Tries every law, and every check, on each subject from as many seeds as make `cases` cases of
 * laws or more.
 */
export async function tryUnmutated(options: {
  readonly cases: number;
  readonly runs: number;
  readonly seed: number;
  readonly jobs: number;
}): Promise<AlarmRow[]> {
  const { cases, runs, jobs } = options;
  const count = Math.ceil(cases / (laws.length * runs));
  const tasks = Array.from({ length: count }, (_, i) => ({
    seed: options.seed + i,
    subject: subjects[i % subjects.length],
  }));
  const progress = startProgress("false alarms", count);
  const rows = await inParallel(tasks, jobs, async ({ seed, subject }) => {
    const chosen = ["--subject", subject, "--seed", String(seed), "--runs", String(runs)];
    const { trials } = await runWorker(chosen);
    progress.step();
    return trials.map(({ law, cases, reached, ms, broken }) => {
      return { subject, seed, law, cases, reached, time_ms: Math.round(ms), alarm: broken };
    });
  });
  progress.stop();
  return rows.flat();
}

/** `0 false alarms in 100,700 cases of 53 laws from 10 seeds, and in 4,180 cases of 17 checks` */
export function alarmsText(rows: readonly AlarmRow[]): string {
  const ids = new Set(laws.map(({ id }) => id));
  const of = (group: readonly AlarmRow[], kind: string) => {
    const cases = grouped(group.reduce((sum, row) => sum + row.cases, 0));
    return `${cases} cases of ${new Set(group.map(({ law }) => law)).size} ${kind}`;
  };
  const inLaws = of(
    rows.filter(({ law }) => ids.has(law)),
    "laws",
  );
  const inChecks = of(
    rows.filter(({ law }) => !ids.has(law)),
    "checks",
  );
  const alarms = rows.filter(({ alarm }) => alarm !== null);
  const seeds = new Set(rows.map(({ seed }) => seed)).size;
  const lines = alarms.map(({ law, subject, seed, alarm }) => {
    return `  ${law} on ${subject} from seed ${seed}: ${alarm}`;
  });
  const total = `${alarms.length} false alarms in ${inLaws} from ${seeds} seeds, and in ${inChecks}`;
  return [total, ...lines].join("\n");
}
