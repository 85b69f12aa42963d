import { describe, test } from "vitest";
import { laws } from "../src/laws/index.ts";
import { reference, referenceTiled } from "../src/subjects/subjects.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { describeVerdict } from "../src/verify/verdicts.ts";
import { seed } from "./support.ts";

describe.for([reference, referenceTiled])("$name", (subject) => {
  test.for(laws)("$code $name", async (law, { task }) => {
    const verdict = await runLaw(law, subject, { seed, runs: 500 });
    task.meta.cases = verdict.cases;
    if (verdict.status !== "kept") throw new Error(describeVerdict(verdict));
  });
});
