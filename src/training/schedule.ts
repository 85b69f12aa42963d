export interface Schedule {
  /** The largest learning rate, at the end of the warm-up. */
  readonly peak: number;
  /** The learning rate of the last step. */
  readonly floor: number;
  /** W: the steps of the warm-up, 0 for none. */
  readonly warmupSteps: number;
  /** T: all steps, the warm-up included. */
  readonly steps: number;
}

/**
 * Returns the learning rate of a step: a straight line from 0 to the peak over the warm-up, then
 * half a cosine down to the floor:
 *
 *     t <= W    peak t / W
 *     t > W     floor + (peak - floor) (1 + cos(pi (t - W) / (T - W))) / 2
 *
 * Step W has exactly the peak and step T exactly the floor; no step has a rate of 0.
 *
 * @param step t, from 1 to T
 * @throws {RangeError} if the step is not in the schedule
 * @see Loshchilov and Hutter 2017, "SGDR", equation 5
 */
export function learningRateAt(step: number, { peak, floor, warmupSteps, steps }: Schedule) {
  if (!Number.isInteger(step) || step < 1 || step > steps) {
    throw new RangeError(`schedule: the step must be an integer in [1, ${steps}], got ${step}`);
  }
  if (step <= warmupSteps) return peak * (step / warmupSteps);
  const share = (step - warmupSteps) / (steps - warmupSteps);
  return floor + ((peak - floor) * (1 + Math.cos(Math.PI * share))) / 2;
}
