/** The lengths, models and repetitions of each benchmark, at three scales. */
import { samplingModes } from "./measure-sampling.ts";
import type { BenchCell } from "./sample.ts";
import { roofModes } from "./workloads.ts";

/**
 * `smoke` ends in seconds and runs in the tests, `quick` in two minutes, `full` in half an hour.
 */
export type BenchScale = "smoke" | "quick" | "full";

/** Every benchmark, with its purpose. */
export const benchmarks = {
  latency: "a prompt's first token, and the tokens after prompts of growing length",
  growth: "the time of more and more tokens after one prompt, and of each at its position",
  long: "one text of two thousand tokens",
  filters: "the draw of a token, by each way of sampling",
  roof: "bare multiply-adds and bare memory: what this machine does at best in this language",
} as const;

export type BenchmarkName = keyof typeof benchmarks;

interface Grid {
  /** Number of processes, the unit of replication. */
  readonly processes: number;
  /** Seconds in which one process repeats a length, within the limits below. */
  readonly budget: number;
  readonly leastRounds: number;
  readonly mostRounds: number;
  /** Seconds; a run with a longer estimate needs `--slow`. */
  readonly longestRun: number;
  readonly models: readonly string[];
  /** Models of which only the size of the vocabulary matters. */
  readonly samplingModels: readonly string[];
  readonly promptLengths: readonly number[];
  readonly newTokens: number;
  readonly growthPrompt: number;
  readonly growthMarks: readonly number[];
  /** Lengths whose reading is confirmed by separate runs. */
  readonly aloneLengths: readonly number[];
  readonly longMarks: readonly number[];
}

const tens = Array.from({ length: 10 }, (_, i) => 10 * (i + 1));
const hundreds = tens.map((ten) => 10 * ten);

export const grids: Readonly<Record<BenchScale, Grid>> = {
  smoke: {
    processes: 2,
    budget: 0.05,
    leastRounds: 3,
    mostRounds: 3,
    longestRun: 1,
    models: ["tiny"],
    samplingModels: ["tiny"],
    promptLengths: [4, 8, 30],
    newTokens: 4,
    growthPrompt: 4,
    growthMarks: [2, 4, 8],
    aloneLengths: [8],
    longMarks: [4, 8],
  },
  quick: {
    processes: 3,
    budget: 1,
    leastRounds: 2,
    mostRounds: 6,
    longestRun: 10,
    models: ["demo", "tiny-long"],
    samplingModels: ["demo", "llama-2-7b"],
    promptLengths: [10, 50, 100],
    newTokens: 20,
    growthPrompt: 10,
    growthMarks: [...tens, 200],
    aloneLengths: [10, 100],
    longMarks: [500, 1000],
  },
  full: {
    processes: 6,
    budget: 3,
    leastRounds: 1,
    mostRounds: 10,
    longestRun: 180,
    models: ["demo", "assignment-long", "tiny-long", "overview"],
    samplingModels: ["demo", "llama-2-7b", "llama-3-8b"],
    promptLengths: [10, 50, 100, 500, 1000],
    newTokens: 20,
    growthPrompt: 10,
    growthMarks: [...tens, ...hundreds.slice(1)],
    aloneLengths: [10, 100, 1000],
    longMarks: [500, 1000, 1500, 2000],
  },
};

/** Returns the models of a benchmark if the command names none. */
export function defaultModels(benchmark: BenchmarkName, scale: BenchScale): readonly string[] {
  if (benchmark === "filters") return grids[scale].samplingModels;
  return benchmark === "long" ? ["tiny-long"] : grids[scale].models;
}

/** A cell without its number of rounds. */
export type GridCell = Omit<BenchCell, "rounds">;

const passes: readonly GridArm[] = [
  { mode: "naive", isTwin: false },
  { mode: "cached", isTwin: false },
  { mode: "cached", isTwin: true },
];
type GridArm = Pick<BenchCell, "mode" | "isTwin">;

/**
 * Returns the cells of a benchmark, with the prompts and marks of the scale even if the context of
 * the model is too short for them.
 *
 * @param vocabSize V of the model; a draw from more tokens takes longer, so fewer are timed
 */
export function gridCells(
  benchmark: BenchmarkName,
  scale: BenchScale,
  vocabSize: number,
): GridCell[] {
  const grid = grids[scale];
  const each = (arms: readonly GridArm[], cell: Omit<GridCell, keyof GridArm>): GridCell[] =>
    arms.map((arm) => ({ ...arm, ...cell }));
  const twinned = (modes: readonly string[], baseline: string) => [
    ...modes.map((mode) => ({ mode, isTwin: false })),
    { mode: baseline, isTwin: true },
  ];
  switch (benchmark) {
    case "latency":
      return grid.promptLengths.flatMap((promptLength) => [
        ...each(passes.slice(1), { task: "prefill", promptLength, marks: [1] }),
        ...each(passes, { task: "sequence_length", promptLength, marks: [1, grid.newTokens] }),
      ]);
    case "growth": {
      const promptLength = grid.growthPrompt;
      const marks = [1, ...grid.growthMarks];
      return [
        ...each(passes, { task: "generation_length", promptLength, marks }),
        ...grid.aloneLengths.flatMap((length) =>
          each(passes, { task: "generation_alone", promptLength, marks: [1, length] }),
        ),
      ];
    }
    case "long": {
      const marks = [1, ...grid.longMarks];
      return each(passes, { task: "long_generation", promptLength: 3, marks });
    }
    case "filters": {
      const marks = [Math.max(2, Math.floor(50_000 / vocabSize))];
      const arms = twinned(samplingModes, "temperature");
      return each(arms, { task: "sampling", promptLength: null, marks });
    }
    case "roof":
      return [
        ...each(twinned(roofModes, "dot"), { task: "roof", promptLength: null, marks: [500] }),
        ...each(twinned(["float64"], "float64"), { task: "triad", promptLength: null, marks: [3] }),
      ];
  }
}
