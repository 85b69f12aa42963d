/** The roofline model: the highest FLOP/s of a device, given the intensity of the work. */
import { intensity, type Traffic, trafficBytes } from "./intensity.ts";

/** The two roofs of a device. */
export interface Roofs {
  readonly flopsPerS: number;
  readonly bytesPerS: number;
}

/** The roof that limits an operation. */
export type Bound = "memory" | "compute";

/** Returns the intensity in FLOPs per byte below which memory is the limit, else compute. */
export function ridgePoint({ flopsPerS, bytesPerS }: Roofs): number {
  return flopsPerS / bytesPerS;
}

/** Returns the highest FLOP/s at this intensity: `min(peak, intensity * bandwidth)`. */
export function attainableFlops(roofs: Roofs, flopsPerByte: number): number {
  return Math.min(roofs.flopsPerS, flopsPerByte * roofs.bytesPerS);
}

/** Returns the lower roof at this intensity; compute at the ridge. */
export function boundOf(roofs: Roofs, flopsPerByte: number): Bound {
  return flopsPerByte < ridgePoint(roofs) ? "memory" : "compute";
}

/** Returns the shortest time in seconds: `max(FLOPs / peak, bytes / bandwidth)`. */
export function roofSeconds(roofs: Roofs, traffic: Traffic): number {
  return Math.max(
    Number(traffic.flops) / roofs.flopsPerS,
    Number(trafficBytes(traffic)) / roofs.bytesPerS,
  );
}

/** The intensity of some work, and its limit under two roofs. */
export interface RooflinePoint {
  readonly intensity: number;
  readonly ridge: number;
  readonly attainableFlops: number;
  readonly bound: Bound;
}

/** Returns the intensity, the attainable FLOP/s and the limit of some work on a device. */
export function rooflinePoint(roofs: Roofs, traffic: Traffic): RooflinePoint {
  const flopsPerByte = intensity(traffic);
  return {
    intensity: flopsPerByte,
    ridge: ridgePoint(roofs),
    attainableFlops: attainableFlops(roofs, flopsPerByte),
    bound: boundOf(roofs, flopsPerByte),
  };
}

/**
 * Returns the rule of thumb for decoding one sequence: every weight is read once per token, and
 * nothing else takes time. An upper bound on tokens per second.
 */
export function weightStreaming(work: {
  readonly parameters: number;
  readonly bytesPerParameter: number;
  readonly bytesPerS: number;
}): { bytes: number; secondsPerToken: number; tokensPerS: number } {
  const bytes = work.parameters * work.bytesPerParameter;
  const secondsPerToken = bytes / work.bytesPerS;
  return { bytes, secondsPerToken, tokensPerS: 1 / secondsPerToken };
}
