/** Expected durations: of the steps that have not started, and of one that runs. */
import type { Lane, PublishScale, PublishStep } from "./step.ts";

/** The steps to run, and how. */
export interface PublishPlan {
  readonly steps: readonly PublishStep[];
  readonly scale: PublishScale;
  /** Lanes side by side: 1 or 2. */
  readonly lanes: 1 | 2;
  /** Processes that a step may run at a time. */
  readonly jobs: number;
  /** Seconds that each step took in an earlier run of the same scale and number of lanes. */
  readonly measured: ReadonlyMap<string, number>;
}

/** Returns the expected seconds of a step. */
export function expectedSeconds(
  step: PublishStep,
  { scale, jobs, measured }: Pick<PublishPlan, "scale" | "jobs" | "measured">,
): number {
  const seconds = 60 * step.minutes[scale];
  return measured.get(step.name) ?? (step.isParallel ? seconds / jobs : seconds);
}

/** A step at some moment: finished or running for some seconds, or not started. */
export interface StepTime {
  readonly step: PublishStep;
  readonly state: "waiting" | "running" | "finished";
  readonly seconds: number;
}

/** Returns true if a running step takes longer than expected: the end is then unknown. */
export function isOverdue(times: readonly StepTime[], plan: PublishPlan): boolean {
  return times.some((time) => isLate(time, plan));
}

const isLate = ({ step, state, seconds }: StepTime, plan: PublishPlan) =>
  state === "running" && seconds > expectedSeconds(step, plan);

/**
 * Returns the expected seconds until the end: the longest lane's. Expected durations are scaled by
 * the ratio that was measured so far, over the finished steps and the running ones that are late.
 */
export function remainingSeconds(times: readonly StepTime[], plan: PublishPlan): number {
  const known = times.filter((time) => time.state === "finished" || isLate(time, plan));
  const expected = known.reduce((sum, { step }) => sum + expectedSeconds(step, plan), 0);
  const taken = known.reduce((sum, { seconds }) => sum + seconds, 0);
  const ratio = expected > 60 ? taken / expected : 1;
  const left = ({ step, state, seconds }: StepTime) => {
    if (state === "finished") return 0;
    return Math.max(0, ratio * expectedSeconds(step, plan) - seconds);
  };
  const ofLane = (lane: Lane) =>
    times.filter(({ step }) => step.lane === lane).reduce((sum, time) => sum + left(time), 0);
  const [timing, checking] = [ofLane("timing"), ofLane("checking")];
  return plan.lanes === 2 ? Math.max(timing, checking) : timing + checking;
}
