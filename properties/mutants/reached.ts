import { Session } from "node:inspector/promises";
import type { Planting } from "./planting.ts";

/** A record of the code that runs. */
export interface Watch {
  /** Returns true if the mutant's own text has run since the start. */
  readonly hasRun: (planting: Planting) => Promise<boolean>;
}

/** Starts to record which blocks of code run, in modules that are loaded from now on. */
export async function startWatch(): Promise<Watch> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: false, detailed: true });
  return {
    hasRun: async ({ url, range: [start, end] }) => {
      const { result } = await session.post("Profiler.takePreciseCoverage");
      const functions = result.find((script) => script.url === url)?.functions ?? [];
      // Ranges nest: the smallest one around each character of the mutant's text is decisive.
      const ranges = functions.flatMap((one) => one.ranges);
      const size = (one: (typeof ranges)[number]) => one.endOffset - one.startOffset;
      const counts = Array.from({ length: end - start }, (_, i) => {
        const around = ranges.filter(
          (one) => one.startOffset <= start + i && start + i < one.endOffset,
        );
        return around.sort((a, b) => size(a) - size(b))[0]?.count ?? 0;
      });
      return counts.every((count) => count > 0);
    },
  };
}
