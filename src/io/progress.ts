import { Presets, SingleBar } from "cli-progress";

/**
 * A bar on the error stream with what is being done and the time left; in a log, a line now and
 * then.
 */
export interface Progress {
  /** Says what is being done now. */
  label(text: string): void;
  /** One step is done, or so many. */
  step(steps?: number): void;
  /** Takes the bar away, so that something can be printed, and brings it back. */
  pause(): void;
  resume(): void;
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
  let done = 0;
  let now = label;
  bar.start(total, 0, { label });
  return {
    label: (text) => {
      now = text;
      bar.update({ label: text });
    },
    step: (steps = 1) => {
      done += steps;
      bar.update(done);
    },
    pause: () => bar.stop(),
    resume: () => bar.start(total, done, { label: now }),
    stop: () => bar.stop(),
  };
}
