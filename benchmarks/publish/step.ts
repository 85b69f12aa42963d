/** One step of the publication: a command that writes tables into a folder of that step alone. */

/** `full` is what is published; `quick` takes a few minutes and tries the steps out. */
export const publishScales = ["full", "quick"] as const;
export type PublishScale = (typeof publishScales)[number];

/**
 * Steps of one lane run one after the other. The two lanes can run side by side: `timing` measures
 * time and takes one core, `checking` gives the same tables however fast it runs.
 */
export type Lane = "timing" | "checking";

export interface StepOptions {
  readonly scale: PublishScale;
  readonly seed: number;
  /** Processes that the step may run at a time. */
  readonly jobs: number;
}

export interface PublishStep {
  readonly name: string;
  /** Steps that are chosen by one word of `--only`, and copied together. */
  readonly group: string;
  readonly lane: Lane;
  /** Expected duration in one process, in minutes, on the machine that README.md names. */
  readonly minutes: Readonly<Record<PublishScale, number>>;
  /** True if the step is that much faster with several processes. */
  readonly isParallel: boolean;
  /** Returns the program and its parameters, for Node, without the folder. */
  readonly command: (options: StepOptions) => readonly string[];
  /** Parameters that continue what the step began in its folder; null if it has to start again. */
  readonly resume: readonly string[] | null;
  /** Returns the reason why the step cannot run on this machine; null if it can. */
  readonly missing: (scale: PublishScale) => Promise<string | null>;
  /**
   * Copies the tables of the steps of this group into the published folder.
   *
   * @param from folders of the steps that completed
   * @returns lines to print
   */
  readonly publish: (from: readonly string[], to: string) => Promise<readonly string[]>;
}
