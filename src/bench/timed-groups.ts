/** Samples in groups, one for each row of a table: one task in one arm at one length. */
import type { ModelConfig } from "../model/config.ts";
import { type Sample, type SampleStatus, tasks } from "./sample.ts";

/** All samples of one arm of one task at one length, in the order of execution. */
export interface TimedGroup
  extends Pick<
    Sample,
    "run_id" | "model" | "task" | "arm" | "mode" | "prompt_len" | "seq_len" | "gen_len"
  > {
  readonly isTwin: boolean;
  readonly samples: readonly Sample[];
  /** Not `ok` if any run gave other tokens than the rest; none of its times is used then. */
  readonly status: SampleStatus;
}

/** The configurations by the names of models in samples; null for the machine itself. */
export type Configs = ReadonlyMap<string, ModelConfig | null>;

/**
 * Returns the groups of a run, sorted by task, model and lengths. Runs of one model and prompt must
 * agree in their tokens in every arm and task; if two of them differ, both are a mismatch.
 */
export function timedGroups(samples: readonly Sample[]): TimedGroup[] {
  const texts = Map.groupBy(
    samples.filter(({ token_digest }) => token_digest !== null),
    textOf,
  );
  const isAgreed = (sample: Sample) =>
    texts.get(textOf(sample))!.every(({ token_digest }) => token_digest === sample.token_digest);
  const found = [...Map.groupBy(samples, (sample) => lengthKey(sample) + sample.arm).values()];
  return found.map((group) => timedGroup(group, isAgreed)).sort(inOrder);
}

function timedGroup(group: readonly Sample[], isAgreed: (sample: Sample) => boolean): TimedGroup {
  const { run_id, model, task, arm, mode, prompt_len, seq_len, gen_len } = group[0];
  const timed = group.filter(({ t_ns }) => t_ns !== null);
  const bad = group.find(({ status }) => status !== "ok");
  return {
    ...{ run_id, model, task, arm, mode, prompt_len, seq_len, gen_len },
    isTwin: arm !== mode,
    samples: timed,
    status: bad?.status ?? (timed.every(isAgreed) ? "ok" : "mismatch"),
  };
}

/** Returns the key of the tokens of a run, which are the same in every arm for one prompt. */
function textOf(sample: Sample): string {
  const { model, task, mode, prompt_len, seq_len, gen_len } = sample;
  const text = prompt_len === null ? [task, mode, seq_len] : [prompt_len];
  return JSON.stringify([model, gen_len, ...text]);
}

/** Returns the key of a length of a task, for all of its arms. */
export function lengthKey(
  labels: Pick<Sample, "model" | "task" | "prompt_len" | "seq_len" | "gen_len">,
): string {
  const { model, task, prompt_len, seq_len, gen_len } = labels;
  return JSON.stringify([model, task, prompt_len, seq_len, gen_len]);
}

function inOrder(a: TimedGroup, b: TimedGroup): number {
  return (
    tasks.indexOf(a.task) - tasks.indexOf(b.task) ||
    byText(a.model, b.model) ||
    (a.prompt_len ?? 0) - (b.prompt_len ?? 0) ||
    a.gen_len - b.gen_len ||
    (a.seq_len ?? 0) - (b.seq_len ?? 0) ||
    byText(a.arm, b.arm)
  );
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Returns true for the first token of a longer run, which is reported as `ttft_ms`. */
export function isFirstToken({ task, gen_len, prompt_len }: TimedGroup): boolean {
  return task !== "prefill" && prompt_len !== null && gen_len === 1;
}

/** Returns the milliseconds of one sample. */
export function milliseconds({ t_ns }: Sample): number {
  return t_ns! / 1e6;
}

/** Rounds to five digits, which is more than any time repeats. */
export function rounded(value: number): number {
  return Number(value.toPrecision(5));
}

/** As {@link rounded}; null for a value that is absent or not finite. */
export function digits(value: number | null | undefined): number | null {
  const isNumber = value !== null && value !== undefined && Number.isFinite(value);
  return isNumber ? rounded(value) : null;
}
