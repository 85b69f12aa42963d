/** Correct engines and samplers that differ from the reference keep every law. */
import { expect, test } from "vitest";
import { tryVariant } from "./long/try-variant.ts";
import { seed } from "./support.ts";
import { variants } from "./variants/index.ts";

test("every variant has a name of its own", () => {
  expect(new Set(variants.map(({ subject }) => subject.name)).size).toBe(variants.length);
});

/** Engines take longer than samplers; npm run test:long has 2,000 cases and large ones. */
const runsOf = { choice: 30, logits: 12, completions: 12 } as const;

test.for(variants)("$subject.name: no alarm, as $why", async ({ subject }, { task }) => {
  const runs = runsOf[subject.kind];
  const { cases, alarms } = await tryVariant(subject, { seed, runs, large: 0 });
  task.meta.cases = cases;
  expect(alarms.join("\n")).toBe("");
  expect(cases).toBeGreaterThanOrEqual(runs);
});
