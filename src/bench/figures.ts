/** Samples gathered into what the tables have a row of: one task in one arm at one length. */
import type { ModelConfig } from "../config.ts";
import { type Sample, type SampleStatus, tasks } from "./sample.ts";
import { byProcess, type Clustered } from "./statistics-pairs.ts";

/** All samples of one arm of one task at one length, in the order of execution. */
export interface Figure
  extends Pick<
    Sample,
    "run_id" | "model" | "task" | "arm" | "mode" | "prompt_len" | "seq_len" | "gen_len"
  > {
  readonly isTwin: boolean;
  readonly samples: readonly Sample[];
  /** `ok` only if every run that was to give the same tokens did; figures are of no use otherwise. */
  readonly status: SampleStatus;
}

/** The configurations by the names that samples carry; null for the machine itself. */
export type Configs = ReadonlyMap<string, ModelConfig | null>;

/**
 * Every figure of a run, sorted by task, model, prompt and length. Runs of one model and prompt must
 * agree in their tokens, whatever the arm and the task; a disagreement voids them all.
 */
export function figures(samples: readonly Sample[]): Figure[] {
  const wrong = disagreements(samples);
  const groups = Map.groupBy(samples, (sample) => JSON.stringify(lengthOf(sample)) + sample.arm);
  const found = [...groups.values()].map((group): Figure => {
    const { run_id, model, task, arm, mode, prompt_len, seq_len, gen_len } = group[0];
    const bad = group.find(({ status }) => status !== "ok");
    const isWrong = group.some((sample) => wrong.has(textOf(sample)));
    return {
      ...{ run_id, model, task, arm, mode, prompt_len, seq_len, gen_len },
      isTwin: arm !== mode,
      samples: group.filter(({ t_ns }) => t_ns !== null),
      status: bad?.status ?? (isWrong ? "mismatch" : "ok"),
    };
  });
  const rank = ({ task }: Figure) => tasks.indexOf(task);
  return found.sort(
    (a, b) =>
      rank(a) - rank(b) ||
      compareText(a.model, b.model) ||
      (a.prompt_len ?? 0) - (b.prompt_len ?? 0) ||
      a.gen_len - b.gen_len ||
      (a.seq_len ?? 0) - (b.seq_len ?? 0) ||
      compareText(a.arm, b.arm),
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What is the same for all arms of a figure. */
export function lengthOf({ model, task, prompt_len, seq_len, gen_len }: Omit<Figure, "samples">) {
  return { model, task, prompt_len, seq_len, gen_len };
}
