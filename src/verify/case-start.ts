import { dimensions } from "../arbitraries/dimensions.ts";

/** A case that starts. */
export interface CaseStart {
  /**
   * - `case`: a case of the law
   * - `shrink`: a smaller case than the one of the path, which broke the law
   * - `canary`: a case on the subject with a violation, which no path repeats
   */
  readonly role: "case" | "shrink" | "canary";
  readonly seed: number;
  readonly path: string;
}

/** Returns the parts of a path: the large dimension of the case, and fast-check's path. */
export function splitPath(path: string | undefined) {
  const dimension = dimensions.find((name) => path?.startsWith(`${name}:`)) ?? null;
  return { dimension, path: dimension === null ? path : path?.slice(dimension.length + 1) };
}

/** Returns fast-check's path to the case that is drawn `count` cases after the one of a path. */
export function laterPath(path: string, count: number): string {
  const steps = path.split(":").map(Number);
  return steps.with(-1, steps[steps.length - 1] + count).join(":");
}
