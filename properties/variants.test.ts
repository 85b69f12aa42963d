/** Correct engines and samplers that differ from the reference keep every law. */
import { expect, test } from "vitest";
import { tryVariant } from "./long/try-variant.ts";
import { seed } from "./support.ts";
import { variants } from "./variants/index.ts";

test("every variant has a name of its own", () => {
  expect(new Set(variants.map(({ subject }) => subject.name)).size).toBe(variants.length);
});

/** Engines take longer than samplers. */
const runsOf = { choice: 60, logits: 30, completions: 30 } as const;

test.for(variants)("$subject.name: no alarm, as $why", async ({ subject }, { task }) => {
  const runs = runsOf[subject.kind];
  const { cases, alarms } = await tryVariant(subject, { seed, runs, large: 1 });
  task.meta.cases = cases;
  expect(alarms.join("\n")).toBe("");
  expect(cases).toBeGreaterThan(runs);
});
