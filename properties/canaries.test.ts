import { describe, expect, test } from "vitest";
import { laws } from "../src/laws/index.ts";
import { reference } from "../src/subjects/reference.ts";
import { viewOf } from "../src/subjects/views.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { seed } from "./support.ts";

describe.for(laws)("$id", (law) => {
  test.for(law.canaries)("detects '$bug'", async (canary, { task }) => {
    const planted = canary.inject(viewOf(reference, law.kind)!);
    const verdict = await runLaw(law, planted, { seed, runs: 500 });
    task.meta.cases = verdict.cases;
    expect(verdict.status).toBe("broken");
  });
});
