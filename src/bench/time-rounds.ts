/** Rounds of calls that tinybench runs and times. */
import { Bench } from "tinybench";
import type { Random } from "../math/random.ts";
import { shuffled } from "./measure.ts";

/** A function to time, and an untimed preparation before each call. */
export interface TimedTask {
  readonly prepare?: () => Promise<void>;
  readonly run: () => unknown;
  /** True if `run` returns a promise. */
  readonly async: boolean;
}

/** One call of a task. */
export interface TimedCall<Task extends TimedTask> {
  readonly task: Task;
  readonly round: number;
  /** The place in the order of the round. */
  readonly slot: number;
  readonly ms: number;
}

/**
 * Calls every task once a round, in a random order, so that a change of the machine's speed affects
 * all tasks alike. Before the first round tinybench warms each task up.
 *
 * @param warmupTime milliseconds for each task
 */
export async function* timedRounds<Task extends TimedTask>(
  tasks: readonly Task[],
  rounds: number,
  random: Random,
  warmupTime = 30,
): AsyncGenerator<TimedCall<Task>, void, void> {
  for (let round = 0; round < rounds; round++) {
    const bench = new Bench({
      ...{ iterations: 1, time: 0, warmup: round === 0, warmupIterations: 1, warmupTime },
      ...{ timestampProvider: "hrtimeNow", retainSamples: true, throws: true },
    });
    const order = shuffled(tasks, random);
    for (const [slot, { prepare, run, async }] of order.entries()) {
      const options = { async, ...(prepare === undefined ? {} : { beforeEach: prepare }) };
      bench.add(String(slot), run, options);
    }
    for (const [slot, { result }] of (await bench.run()).entries()) {
      if (!("latency" in result) || result.latency.samples === undefined) {
        throw new Error(`bench: a task must complete, got ${result.state}`);
      }
      yield { task: order[slot], round, slot, ms: result.latency.samples[0] };
    }
  }
}
