import { Presets, SingleBar } from "cli-progress";
import { durationText } from "./numbers.ts";

/**
 * A bar on the error stream with the current activity and the time left; in a log, a line every ten
 * seconds.
 */
export interface Progress {
  /** Shows the current activity. */
  label(text: string): void;
  /** Advances by one step, or by several. */
  step(steps?: number): void;
  /** Removes the bar, so that text can be printed, until `resume`. */
  pause(): void;
  resume(): void;
  stop(): void;
}

/**
 * Starts a bar of `total` steps.
 *
 * @param label the first activity
 */
export function startProgress(label: string, total: number): Progress {
  const bar = new SingleBar(
    {
      formatTime: durationText,
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
