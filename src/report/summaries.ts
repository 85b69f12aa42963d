/** Summaries of the tables: is the decoder right, how fast is it, and at what cost. */
import { isRunOfLaws, subjectsOf } from "./origin.ts";
import type { TableRow } from "./schemas.ts";
import type { Tables } from "./tables.ts";

type LawRow = TableRow<"laws">;
type GoldenRow = TableRow<"goldens">;
type EngineRow = TableRow<"engines">;
type LatencyRow = TableRow<"latency">;
type FlopsRow = TableRow<"flops">;

export interface LawSummary {
  readonly rows: readonly LawRow[];
  readonly kept: readonly LawRow[];
  readonly notOffered: readonly LawRow[];
  /** Broken, unproven, out of time, an error, or declared as a known failure but kept. */
  readonly failing: readonly LawRow[];
  readonly cases: number;
  /** The row whose error is nearest to its tolerance; null if no law compares logits. */
  readonly nearest: LawRow | null;
}

/** Returns the results of the laws; null if they were not run. */
export function lawSummary({ laws }: Tables): LawSummary | null {
  if (laws === undefined) return null;
  const { rows } = laws;
  const measured = rows.filter(({ worst_error }) => worst_error !== null);
  return {
    rows,
    kept: rows.filter((row) => row.status === "kept"),
    notOffered: rows.filter(({ status }) => status === "not offered"),
    failing: rows.filter(isFailing),
    cases: rows.reduce((sum, { cases }) => sum + cases, 0),
    nearest: measured.toSorted((a, b) => toleranceShare(b)! - toleranceShare(a)!)[0] ?? null,
  };
}

export function isFailing({ status }: Pick<LawRow, "status">): boolean {
  return !["kept", "not offered", "known failure"].includes(status);
}

/** Returns the largest error as a share of its tolerance; null if none was measured. */
export function toleranceShare(row: Pick<LawRow, "worst_error" | "worst_allowed">): number | null {
  const { worst_error: error, worst_allowed: allowed } = row;
  if (error === null || allowed === null) return null;
  return allowed === 0 ? 0 : error / allowed;
}

export interface GoldenSummary {
  readonly rows: readonly GoldenRow[];
  readonly broken: readonly GoldenRow[];
  /** Logits compared. */
  readonly logits: number;
  readonly nearest: GoldenRow;
}

/**
 * Returns the comparison with recorded logits; null if there is none, or if it belongs to another
 * run than the laws, which may be of another decoder.
 */
export function goldenSummary(tables: Tables): GoldenSummary | null {
  const { goldens } = tables;
  if (goldens === undefined || !isRunOfLaws(tables, goldens.rows[0].run_id)) return null;
  const { rows } = goldens;
  const share = (row: GoldenRow) =>
    row.largest_error === null ? Number.POSITIVE_INFINITY : row.largest_error / row.tolerance;
  return {
    rows,
    broken: rows.filter(({ status }) => status === "broken"),
    logits: rows.reduce((sum, { rows, vocab }) => sum + rows * vocab, 0),
    nearest: rows.toSorted((a, b) => share(b) - share(a))[0],
  };
}

export interface EngineSummary {
  readonly engine: string;
  readonly version: string | null;
  /** Its arithmetic, and the words "tolerance overridden" if that does not follow from it. */
  readonly arithmetic: string;
  readonly rows: readonly EngineRow[];
  readonly kept: number;
  /** Number of laws that are neither kept, not offered nor failing as declared. */
  readonly failing: number;
}

/**
 * Returns the results of the laws on the engines other than the subject of laws.csv, in whatever
 * version.
 */
export function otherEngines(tables: Tables): EngineSummary[] {
  const subjects = subjectsOf(tables);
  return engineSummaries(tables).filter(({ engine }) => !subjects.includes(engine));
}

/** Returns the results of the laws on every engine. */
export function engineSummaries({ engines }: Tables): EngineSummary[] {
  const byEngine = Map.groupBy(engines?.rows ?? [], ({ engine, version, arithmetic }) =>
    [engine, version, arithmetic].join("\n"),
  );
  return [...byEngine.values()].map((rows) => {
    const of = (...statuses: readonly string[]) =>
      rows.filter(({ status }) => statuses.includes(status)).length;
    const [{ engine, version, ...row }] = rows;
    const isOverridden = rows.some(({ tolerance_from }) => tolerance_from === "overridden");
    const arithmetic = `${row.arithmetic}${isOverridden ? ", tolerance overridden" : ""}`;
    const failing = rows.filter(isFailing).length;
    return { engine, version, arithmetic, rows, kept: of("kept"), failing };
  });
}

/** Returns true if laws and golden logits hold; null if neither was tested. */
export function isRight(tables: Tables): boolean | null {
  const [laws, goldens] = [lawSummary(tables), goldenSummary(tables)];
  if (laws === null && goldens === null) return null;
  return (laws?.failing.length ?? 0) === 0 && (goldens?.broken.length ?? 0) === 0;
}

export interface SpeedSummary {
  /** Naive over cached, at the longest generation that was timed with both. */
  readonly ratio: TableRow<"ratios">;
  readonly cached: LatencyRow | null;
  readonly naive: LatencyRow | null;
}

/** Returns the times with and without a cache; null if no pair was timed. */
export function speedSummary({ ratios, latency }: Tables): SpeedSummary | null {
  const timed = (ratios?.rows ?? []).filter(
    ({ task, arm_a, ratio_median }) =>
      task === "generation_length" && arm_a === "naive" && ratio_median !== null,
  );
  const ratio = timed.toSorted((a, b) => b.gen_len - a.gen_len)[0];
  if (ratio === undefined) return null;
  const rowOf = (mode: string) =>
    (latency?.rows ?? []).find(
      (row) =>
        row.mode === mode &&
        row.run_id === ratio.run_id &&
        row.task === ratio.task &&
        row.model === ratio.model &&
        row.prompt_len === ratio.prompt_len &&
        row.gen_len === ratio.gen_len,
    ) ?? null;
  return { ratio, cached: rowOf("cached"), naive: rowOf("naive") };
}

export interface CostSummary {
  readonly cached: FlopsRow;
  readonly naive: FlopsRow;
}

/** Returns the exact FLOPs of the longest generation, with a cache and without. */
export function costSummary({ flops }: Tables): CostSummary | null {
  const priced = (flops?.rows ?? []).filter(({ phase }) => phase === "generate");
  const longestFirst = priced.toSorted((a, b) => (b.gen_len ?? 0) - (a.gen_len ?? 0));
  for (const cached of longestFirst.filter(({ mode }) => mode === "cached")) {
    const naive = priced.find(
      ({ mode, model, prompt_len, gen_len }) =>
        mode === "naive" &&
        model === cached.model &&
        prompt_len === cached.prompt_len &&
        gen_len === cached.gen_len,
    );
    if (naive !== undefined) return { cached, naive };
  }
  return null;
}
