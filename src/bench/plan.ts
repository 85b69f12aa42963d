/** The measurement plan: which process measures which cells, and how many times. */

import { seededRandom } from "../math/random.ts";
import type { ModelConfig } from "../model/config.ts";
import { type BenchmarkName, type BenchScale, type GridCell, gridCells, grids } from "./grids.ts";
import { emptySample } from "./measure.ts";
import type { BenchCell, Job, Sample } from "./sample.ts";
import { taskFlops } from "./task-cost.ts";

/** A model with its source, a name or a path, and its name in tables. */
export interface PlannedModel {
  readonly source: string;
  readonly name: string;
  /** Null for the machine itself. */
  readonly config: ModelConfig | null;
}

/** The machine itself, whose roofs are measured. */
export const host: PlannedModel = { source: "host", name: "host", config: null };

export interface PlanOptions {
  readonly runId: string;
  readonly scale: BenchScale;
  readonly seed: number;
  /** True to run cells that take longer than the scale allows, too, once each. */
  readonly slow: boolean;
}

export interface Plan {
  readonly jobs: readonly Job[];
  /** Rows for the cells that are not run, each with the reason. */
  readonly notRun: readonly Sample[];
}

export interface Wanted {
  readonly benchmark: BenchmarkName;
  readonly model: PlannedModel;
}

/**
 * Returns the jobs of a bench: every benchmark of every model once, then all of them once more, so
 * that a change of the machine's speed affects all alike.
 */
export function planBench(wanted: readonly Wanted[], options: PlanOptions): Plan {
  const { runId: run_id, scale, seed: dataSeed } = options;
  const random = seededRandom(dataSeed);
  const first = wanted.findIndex(({ benchmark }) => benchmark === "growth");
  const sorted = wanted.map((one, i) => sortCells(one, options, i === first));
  const jobs = Array.from({ length: grids[scale].processes }, (_, process) =>
    wanted.map(({ benchmark, model: { name, source } }, i): Job => {
      const orderSeed = Math.floor(random() * 2 ** 32);
      const cells = process === 0 ? [...sorted[i].always, ...sorted[i].once] : sorted[i].always;
      return { run_id, benchmark, model: name, source, process, dataSeed, orderSeed, cells };
    }),
  );
  return {
    jobs: jobs.flat().filter(({ cells }) => cells.length > 0),
    notRun: sorted.flatMap(({ notRun }) => notRun),
  };
}

interface Sorted {
  readonly always: BenchCell[];
  /** Long runs, which only one process makes. */
  readonly once: BenchCell[];
  readonly notRun: Sample[];
}

/**
 * Selects the cells of a grid that are run. Cells beyond the context are not run; long cells are
 * run only with `--slow`, except for the longest confirmation of the first model.
 */
function sortCells(
  { benchmark, model }: Wanted,
  { runId: run_id, scale, slow }: PlanOptions,
  isFirst: boolean,
): Sorted {
  const sorted: Sorted = { always: [], once: [], notRun: [] };
  for (const cell of gridCells(benchmark, scale, model.config?.vocabSize ?? 1)) {
    const fitting = cell.marks.filter((mark) => fits(model, cell, mark));
    const isShort = (mark: number) => estimateSeconds(model, cell, mark) <= limitOf(cell, scale);
    const isConfirmation = cell.task === "generation_alone" && isFirst;
    const isLate = (slow || isConfirmation) && !fitting.every(isShort);
    const marks = isLate ? fitting : fitting.filter(isShort);
    // A first token alone is run, and has a row, only in the task prefill.
    const isAsked = (mark: number) => mark > 1 || cell.task === "prefill";
    if (marks.some(isAsked)) {
      sorted[isLate ? "once" : "always"].push({ ...cell, marks, rounds: 1 });
    }
    if (cell.isTwin) continue;
    for (const mark of cell.marks.filter((mark) => !marks.includes(mark) && isAsked(mark))) {
      const seconds = Math.round(estimateSeconds(model, cell, mark));
      const why = fits(model, cell, mark)
        ? ({ status: "not_run", error: `about ${seconds} s; --slow runs it` } as const)
        : ({ status: "too_long", error: "the context has no room for it" } as const);
      sorted.notRun.push({ ...emptySample({ run_id, model: model.name }, cell, mark), ...why });
    }
  }
  const always = sorted.always.map((cell) => repeated(cell, sorted.always, model, scale));
  return { ...sorted, always };
}

function fits({ config }: PlannedModel, { promptLength }: GridCell, mark: number): boolean {
  if (promptLength === null || config === null) return true;
  return promptLength + mark - 1 <= config.maxPositionEmbeddings;
}

/** Returns the seconds that one run may take, fewer for runs that only confirm or extend. */
function limitOf({ task }: GridCell, scale: BenchScale): number {
  const isExtra = task === "generation_alone" || task === "long_generation";
  return isExtra ? grids[scale].budget : grids[scale].longestRun;
}

/** Returns the cell with the rounds that fit into the budget, the same for all arms of a length. */
function repeated(
  cell: BenchCell,
  cells: readonly BenchCell[],
  model: PlannedModel,
  scale: BenchScale,
): BenchCell {
  const { budget, leastRounds, mostRounds } = grids[scale];
  const beside = cells.filter(
    ({ task, promptLength, marks }) =>
      task === cell.task &&
      promptLength === cell.promptLength &&
      marks.at(-1) === cell.marks.at(-1),
  );
  const seconds = beside.map((one) => estimateSeconds(model, one, one.marks.at(-1)!));
  const affordable = Math.floor(budget / seconds.reduce((sum, one) => sum + one, 0));
  return { ...cell, rounds: Math.max(leastRounds, Math.min(mostRounds, affordable)) };
}

/** Assumed speed, for plans only; the progress bar uses the measured time. */
const flopsPerSecond = 2e9;
/** Assumed time of one draw for each token of the vocabulary, sorting included. */
const secondsPerLogit = 1e-6;

/** Returns an estimate of the time of one run up to a mark, for plans and progress. */
export function estimateSeconds({ config }: PlannedModel, cell: GridCell, mark: number): number {
  if (cell.task === "sampling") return secondsPerLogit * config!.vocabSize * mark;
  const labels = emptySample({ run_id: "", model: "" }, cell, mark);
  return Number(taskFlops(config, labels)) / flopsPerSecond;
}
