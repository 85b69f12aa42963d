/** samples.csv: every timing, from which the other tables of a benchmark are derived. */
import {
  boolean,
  defineTable,
  integer,
  number,
  oneOf,
  orBlank,
  type RowOf,
  text,
  version,
} from "../io/table.ts";

/**
 * The timed tasks.
 *
 * - `prefill`: the first token after a prompt
 * - `sequence_length`: a few tokens after prompts of growing length
 * - `generation_length`: more and more tokens after one prompt, read from one growing run
 * - `generation_alone`: the same, each length in a separate run, as a confirmation
 * - `long_generation`: one long text
 * - `decode`: the last step of a cached `generation_length` so far: one token at a position
 * - `sampling`: one draw after another from given logits
 * - `roof`: loops of multiply-adds and nothing else, the best that the machine does in this
 *   language
 * - `triad`: `a = b + s c` over more memory than a cache holds, the bandwidth in this language
 */
export type BenchTask = (typeof tasks)[number];

export const tasks = [
  "prefill",
  "sequence_length",
  "generation_length",
  "generation_alone",
  "long_generation",
  "decode",
  "sampling",
  "roof",
  "triad",
] as const;

/** Returns true if a task measures the machine alone, without decoders and samplers. */
export function isOfMachine(task: BenchTask): boolean {
  return task === "roof" || task === "triad";
}

/**
 * `ok`; `mismatch`: the tokens of that run were wrong; `too_long`: the context is too short;
 * `not_run`: it would take too long. The last two have no time, and `error` gives the reason.
 */
export const sampleStatuses = ["ok", "mismatch", "too_long", "not_run"] as const;

export type SampleStatus = (typeof sampleStatuses)[number];

export const runId = text("start of the run in UTC, its name in run.json");

/** Columns that identify a timed task, in several tables. */
export const taskColumns = {
  model: text("model name; host is the machine itself"),
  task: oneOf(tasks, "what is timed"),
  mode: text("naive or cached; in other tasks the kind of filter or of loop"),
  prompt_len: orBlank(integer("tokens of the prompt, P")),
  seq_len: orBlank(integer("largest number of tokens that a pass attends to")),
  gen_len: integer("generated tokens, n; or draws, or loops"),
};

/** Columns of the machine resources that a measured run uses. */
export const machineColumns = {
  batch: integer("sequences at once"),
  dtype: text("type of the numbers in the computation"),
  threads: integer("threads of the computation"),
};

export const samplesTable = defineTable({
  file: "samples.csv",
  command: "npx causalgate bench",
  about: "One timing of one run. Cells of work that was not run are blank.",
  columns: {
    schema_version: version,
    run_id: runId,
    process_id: orBlank(integer("index of the process")),
    process_label_swap: orBlank(
      boolean("whether the control and the arm that it repeats exchanged their memory"),
    ),
    round: orBlank(integer("index of the round")),
    slot: orBlank(integer("place in the random order of the round")),
    seq_no: orBlank(integer("place among all runs of the process")),
    arm: text("the mode; or the mode and _twin for the control, which does the same"),
    ...taskColumns,
    position: orBlank(integer("position of the token, where the task is decode")),
    ...machineColumns,
    t_start_ns: orBlank(number("start of the run in nanoseconds, from the start of the process")),
    t_ns: orBlank(number("time in nanoseconds")),
    cpu_user_us: orBlank(number("processor time in user mode in microseconds")),
    cpu_sys_us: orBlank(number("processor time in the system in microseconds")),
    gc_ns: orBlank(number("time of garbage collection in nanoseconds")),
    gc_count: orBlank(integer("garbage collections")),
    invol_ctx_switches: orBlank(integer("involuntary context switches")),
    rss_bytes: orBlank(integer("resident memory of the process at the end in bytes")),
    heap_used_bytes: orBlank(integer("used heap of JavaScript at the end in bytes")),
    token_digest: orBlank(text("digest of the generated tokens; equal digests, equal tokens")),
    status: oneOf(sampleStatuses, "mismatch: wrong tokens; the last two were not run"),
    error: orBlank(text("reason, where the status is not ok")),
  },
});

export type Sample = RowOf<typeof samplesTable>;

/** A task in one arm at one length, run once a round. */
export interface BenchCell {
  readonly task: Exclude<BenchTask, "decode">;
  readonly mode: string;
  /** True for the control, a repetition of the mode. */
  readonly isTwin: boolean;
  /** Null if there is no prompt. */
  readonly promptLength: number | null;
  /** Numbers of tokens after which the clock is read, ascending; the last one ends the run. */
  readonly marks: readonly number[];
  readonly rounds: number;
}

/** Returns the name of the arm of a cell: see `arm` of samples.csv. */
export function armOf({ mode, isTwin }: Pick<BenchCell, "mode" | "isTwin">): string {
  return isTwin ? `${mode}_twin` : mode;
}

/** Returns the arm with which the others of a task are compared, and which the control repeats. */
export function baselineOf(task: BenchTask): string {
  if (task === "sampling") return "temperature";
  if (task === "triad") return "float64";
  return task === "roof" ? "dot" : "cached";
}

/** The measurements of one process. */
export interface Job {
  readonly run_id: string;
  /** The name of the benchmark. */
  readonly benchmark: string;
  readonly model: string;
  /** The name or path that was given for the model. */
  readonly source: string;
  readonly process: number;
  /** Seed of weights and logits, the same for all processes, so that all give the same tokens. */
  readonly dataSeed: number;
  /** Seed of the order in which cells are run. */
  readonly orderSeed: number;
  readonly cells: readonly BenchCell[];
}
