import { Session } from "node:inspector/promises";
import type { Planting } from "./planting.ts";

export interface Watch {
  /** Whether the mutant's own text has run since the watch began. */
  readonly hasRun: (planting: Planting) => Promise<boolean>;
}

/** Has V8 note which blocks of code run: of modules that are loaded from now on. */
export async function startWatch(): Promise<Watch> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: false, detailed: true });
  return {
    hasRun: async ({ url, range: [start, end] }) => {
      const { result } = await session.post("Profiler.takePreciseCoverage");
      const functions = result.find((script) => script.url === url)?.functions ?? [];
      // Ranges nest: what counts is the smallest one around any place of the mutant's text.
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
