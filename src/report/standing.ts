/** Where things stand, from the tables alone: is it right, how fast is it, and at what cost. */
import type { TableRow } from "./schemas.ts";
import type { Tables } from "./tables.ts";

type LawRow = TableRow<"laws">;
type GoldenRow = TableRow<"goldens">;
type EngineRow = TableRow<"engines">;
type LatencyRow = TableRow<"latency">;
type FlopsRow = TableRow<"flops">;

export interface LawStanding {
  readonly subjects: readonly string[];
  readonly rows: readonly LawRow[];
  readonly kept: readonly LawRow[];
  readonly notOffered: readonly LawRow[];
  /** Broken, or not to be believed: vacuous, blind to its canary, kept where it must break. */
  readonly failing: readonly LawRow[];
  readonly cases: number;
  /** The error that came nearest to its tolerance; null where no law compares logits. */
  readonly nearest: LawRow | null;
}

/** What came of the laws; null before they were tried. */
export function lawStanding({ laws }: Tables): LawStanding | null {
  if (laws === undefined) return null;
  const { rows } = laws;
  const measured = rows.filter(({ worst_error }) => worst_error !== null);
  return {
    subjects: [...new Set(rows.map(({ subject }) => subject))],
    rows,
    kept: rows.filter((row) => row.status === "kept" && !isFailing(row)),
    notOffered: rows.filter(({ status }) => status === "not offered"),
    failing: rows.filter(isFailing),
    cases: rows.reduce((sum, { cases }) => sum + cases, 0),
    nearest: measured.toSorted((a, b) => toleranceShare(b)! - toleranceShare(a)!)[0] ?? null,
  };
}

export function isFailing({ status, canary_seen }: LawRow): boolean {
  const harmless = ["kept", "not offered", "known failure"];
  return canary_seen === false || !harmless.includes(status);
}

/** The largest error as a share of what was allowed; null where nothing was measured. */
export function toleranceShare(row: Pick<LawRow, "worst_error" | "worst_allowed">): number | null {
  const { worst_error: error, worst_allowed: allowed } = row;
  if (error === null || allowed === null) return null;
  return allowed === 0 ? 0 : error / allowed;
}

export interface GoldenStanding {
  readonly rows: readonly GoldenRow[];
  readonly broken: readonly GoldenRow[];
  /** Logits compared. */
  readonly logits: number;
  readonly nearest: GoldenRow;
}

/** How the decoder stands to recorded logits; null before they were compared. */
export function goldenStanding({ goldens }: Tables): GoldenStanding | null {
  if (goldens === undefined) return null;
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

export interface EngineStanding {
  readonly engine: string;
  readonly version: string | null;
  readonly arithmetic: string;
  readonly rows: readonly EngineRow[];
  readonly kept: number;
  /** Broken or vacuous, and not declared to be. */
  readonly failing: number;
}

/** What came of the laws on every engine; none before any was judged. */
export function engineStandings({ engines }: Tables): EngineStanding[] {
  const byEngine = Map.groupBy(engines?.rows ?? [], ({ engine, version, arithmetic }) =>
    [engine, version, arithmetic].join("\n"),
  );
  return [...byEngine.values()].map((rows) => {
    const of = (...statuses: readonly string[]) =>
      rows.filter(({ status }) => statuses.includes(status)).length;
    const [{ engine, version, arithmetic }] = rows;
    const failing = of("broken", "vacuous", "now kept");
    return { engine, version, arithmetic, rows, kept: of("kept"), failing };
  });
}

/** Whether laws and golden logits hold; null while neither was tried. */
export function isRight(tables: Tables): boolean | null {
  const [laws, goldens] = [lawStanding(tables), goldenStanding(tables)];
  if (laws === null && goldens === null) return null;
  return (laws?.failing.length ?? 0) === 0 && (goldens?.broken.length ?? 0) === 0;
}

export interface SpeedStanding {
  /** Naive over cached, at the longest generation that was timed with both. */
  readonly ratio: TableRow<"ratios">;
  readonly cached: LatencyRow | null;
  readonly naive: LatencyRow | null;
}

/** What the cache is worth in time; null where no pair was timed. */
export function speedStanding({ ratios, latency }: Tables): SpeedStanding | null {
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
        row.task === ratio.task &&
        row.model === ratio.model &&
        row.prompt_len === ratio.prompt_len &&
        row.gen_len === ratio.gen_len,
    ) ?? null;
  return { ratio, cached: rowOf("cached"), naive: rowOf("naive") };
}

export interface CostStanding {
  readonly cached: FlopsRow;
  readonly naive: FlopsRow;
}

/** Exact FLOPs of the longest generation that is priced with and without a cache. */
export function costStanding({ flops }: Tables): CostStanding | null {
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
