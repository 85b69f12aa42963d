import { describe, expect, test } from "vitest";
import { laws } from "../src/laws/index.ts";
import { reference } from "../src/subjects/subjects.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { seed } from "./support.ts";

describe.for(laws)("$id", (law) => {
  test.for(law.canaries)("detects '$bug'", async ({ inject }, { task }) => {
    const verdict = await runLaw(law, inject(reference), { seed, runs: 500 });
    task.meta.cases = verdict.cases;
    expect(verdict.status).toBe("broken");
  });
});
