/** One timing as it is kept: a row of samples.csv, from which every other figure is derived. */

/**
 * What is timed.
 *
 * - `prefill`: the first token after a prompt
 * - `sequence_length`: a few tokens after prompts of growing length
 * - `generation_length`: more and more tokens after one prompt, read off one run as it grows
 * - `generation_alone`: as before, each length in a run of its own, to confirm it
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

/** Whether a task is of the machine alone, whatever the code of decoders and samplers is. */
export function isOfMachine(task: BenchTask): boolean {
  return task === "roof" || task === "triad";
}

/**
 * `ok`; `mismatch`: the tokens of that run were wrong; `too_long`: the context has no room for it;
 * `not_run`: it would take too long. The last two have no time, and `error` says more.
 */
export type SampleStatus = "ok" | "mismatch" | "too_long" | "not_run";

export interface Sample {
  readonly schema_version: number;
  readonly run_id: string;
  /** Null where nothing was run; so are all figures. */
  readonly process_id: number | null;
  /** Whether the control and the arm that it doubles had changed places in memory. */
  readonly process_label_swap: boolean | null;
  readonly round: number | null;
  /** The place in the random order of the round, and among all runs of the process. */
  readonly slot: number | null;
  readonly seq_no: number | null;
  /** The mode, or the mode and `_twin` for the control, which does the very same. */
  readonly arm: string;
  readonly model: string;
  readonly task: BenchTask;
  readonly mode: string;
  readonly prompt_len: number | null;
  /** The most tokens that a pass of it attends to. */
  readonly seq_len: number | null;
  /** Tokens, draws or loops that were timed. */
  readonly gen_len: number;
  /** Where the token of a `decode` stands. */
  readonly position: number | null;
  readonly batch: number;
  readonly dtype: string;
  readonly threads: number;
  /** Since the start of the process. */
  readonly t_start_ns: number | null;
  readonly t_ns: number | null;
  /** From the start of the run to this reading. */
  readonly cpu_user_us: number | null;
  readonly cpu_sys_us: number | null;
  readonly gc_ns: number | null;
  readonly gc_count: number | null;
  readonly invol_ctx_switches: number | null;
  readonly rss_bytes: number | null;
  readonly heap_used_bytes: number | null;
  /**
   * Always null: a run that is timed is not counted, `total_exact_causal` in flops.csv is exact.
   */
  readonly flops_counted: null;
  readonly bytes_counted: null;
  /** Of all tokens so far: runs that agree in it gave the same tokens. */
  readonly token_digest: string | null;
  readonly status: SampleStatus;
  readonly error: string | null;
}

export const samplesColumns = [
  "schema_version",
  "run_id",
  "process_id",
  "process_label_swap",
  "round",
  "slot",
  "seq_no",
  "arm",
  "model",
  "task",
  "mode",
  "prompt_len",
  "seq_len",
  "gen_len",
  "position",
  "batch",
  "dtype",
  "threads",
  "t_start_ns",
  "t_ns",
  "cpu_user_us",
  "cpu_sys_us",
  "gc_ns",
  "gc_count",
  "invol_ctx_switches",
  "rss_bytes",
  "heap_used_bytes",
  "flops_counted",
  "bytes_counted",
  "token_digest",
  "status",
  "error",
] as const satisfies readonly (keyof Sample)[];

/** What is run once a round: a task in one arm at one length. */
export interface BenchCell {
  readonly task: Exclude<BenchTask, "decode">;
  readonly mode: string;
  /** Whether this is the control, the mode once more. */
  readonly isTwin: boolean;
  /** Null where there is no prompt. */
  readonly promptLength: number | null;
  /** After how many tokens the clock is read, ascending; the last one ends the run. */
  readonly marks: readonly number[];
  readonly rounds: number;
}

/** The name of the arm that a cell is: see {@link Sample.arm}. */
export function armOf({ mode, isTwin }: Pick<BenchCell, "mode" | "isTwin">): string {
  return isTwin ? `${mode}_twin` : mode;
}

/** The arm that others of its task are compared with, and that the control doubles. */
export function baselineOf(task: BenchTask): string {
  if (task === "sampling") return "temperature";
  if (task === "triad") return "float64";
  return task === "roof" ? "dot" : "cached";
}

/** What one process measures. */
export interface Job {
  readonly run_id: string;
  /** The benchmark that asked for it. */
  readonly benchmark: string;
  readonly model: string;
  /** The model as it was asked for: a name or a path. */
  readonly source: string;
  readonly process: number;
  /** Of weights and logits: the same for all processes, so that all give the same tokens. */
  readonly dataSeed: number;
  /** Of the order in which cells are run. */
  readonly orderSeed: number;
  readonly cells: readonly BenchCell[];
}
