import { Presets, SingleBar } from "cli-progress";

/**
 * A bar on the error stream with what is being done and the time left; a line now and then in a
 * log.
 */
export interface Progress {
  /** Says what is being done now. */
  label(text: string): void;
  /** One step is done. */
  step(): void;
  stop(): void;
}

/**
 * Starts a bar of `total` steps.
 *
 * @param label what is being done at first
 */
export function startProgress(label: string, total: number): Progress {
  const bar = new SingleBar(
    {
      format: "  {bar} {percentage} %  {label}  {eta_formatted} left",
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
      noTTYOutput: true,
      notTTYSchedule: 10_000,
      fps: 5,
    },
    Presets.shades_grey,
  );
  bar.start(total, 0, { label });
  return {
    label: (text) => bar.update({ label: text }),
    step: () => bar.increment(),
    stop: () => bar.stop(),
  };
}
