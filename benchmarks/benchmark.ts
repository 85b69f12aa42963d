import type { RunRecord } from "../src/report/run-record.ts";

/**
 * `smoke` ends in seconds and runs in the tests, so that no benchmark rots; `full` is the real
 * one.
 */
export type Scale = "smoke" | "full";

/** One table, or a few that belong together: what it measures and what to expect is in its file. */
export interface Benchmark {
  readonly name: string;
  /** Measures, writes tables into the folder, and resolves to their paths. */
  readonly run: (
    scale: Scale,
    folder: string,
    record: RunRecord,
    progress: BenchmarkProgress,
  ) => Promise<readonly string[]>;
}

export interface BenchmarkProgress {
  readonly start: (label: string, steps: number) => void;
  readonly step: () => void;
}
