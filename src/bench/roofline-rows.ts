/**
 * roofline.csv of a bench: the measured roofs of this machine, and the rates reached under them.
 */
import type { InferenceStep } from "../cost/intensity-table.ts";
import {
  type DeviceRoofs,
  type Estimate,
  type RooflineRow,
  rooflineRows,
} from "../cost/roofline-table.ts";
import type { Sample } from "./sample.ts";
import { median, medianInterval } from "./statistics.ts";
import { taskFlops } from "./task-cost.ts";
import { type Configs, milliseconds, type TimedGroup, timedGroups } from "./timed-groups.ts";
import { triadStepBytes } from "./workloads.ts";

/**
 * Returns a row for every timed prefill and decoded token, as a point under the measured roofs.
 * Intensity is that of float64 with activations on the chip. Weights and keys that fit into a cache
 * come faster than from memory, so such a point may lie above the memory roof. No rows if the roofs
 * were not timed.
 */
export function measuredRooflineRows(samples: readonly Sample[], configs: Configs): RooflineRow[] {
  const roofs = measuredRoofs(samples);
  if (roofs === null) return [];
  return usableGroups(samples).flatMap((group) => {
    const { model, task, seq_len } = group;
    const config = configs.get(model);
    if ((task !== "prefill" && task !== "decode") || !config) return [];
    const bytes = 8;
    const widths = { weightBytesPerElement: bytes, kvBytesPerElement: bytes };
    const step: InferenceStep = {
      ...{ phase: task, context: seq_len!, fusion: "fused" },
      ...{ ...widths, activationBytesPerElement: bytes },
    };
    const achieved = rateOf(group, Number(taskFlops(config, group)));
    const rows = rooflineRows({ name: model, config }, roofs, step, achieved);
    return rows.filter(({ level }) => level === "step");
  });
}

/**
 * Returns the roofs of this machine: the faster loop of `roof`, and the bandwidth of `triad`; null
 * if one of them was not timed.
 */
export function measuredRoofs(samples: readonly Sample[]): DeviceRoofs | null {
  const timed = usableGroups(samples);
  const [peak] = timed
    .filter(({ task }) => task === "roof")
    .map((group) => rateOf(group, Number(taskFlops(null, group))))
    .sort((a, b) => b.value - a.value);
  const triad = timed.find(({ task }) => task === "triad");
  if (peak === undefined || triad === undefined) return null;
  const bandwidth = rateOf(triad, Number(triadStepBytes) * triad.gen_len);
  return { device: "host", source: "measured", peak, bandwidth };
}

function usableGroups(samples: readonly Sample[]): TimedGroup[] {
  return timedGroups(samples).filter(({ status, isTwin }) => status === "ok" && !isTwin);
}

/** Returns work per second at the median time, with the interval of the median. */
function rateOf({ samples }: TimedGroup, work: number): Estimate {
  const times = samples.map(milliseconds);
  const interval = medianInterval(times);
  const value = (1000 * work) / median(times);
  if (interval === null) return { value };
  return { value, low: (1000 * work) / interval.high, high: (1000 * work) / interval.low };
}
