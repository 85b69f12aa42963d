import { expect, test } from "vitest";
import { canaries } from "../src/canaries/index.ts";
import { lawByCode, laws } from "../src/laws/index.ts";
import { reference } from "../src/subjects/subjects.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { seed } from "./support.ts";

test.for(canaries)("'$bug' dies of $diesOf", async ({ diesOf, infect }, { task }) => {
  const verdict = await runLaw(lawByCode(diesOf), infect(reference), { seed, runs: 500 });
  task.meta.cases = verdict.cases;
  expect(verdict.status).toBe("broken");
});

test("every law has a canary", () => {
  const caught = new Set(canaries.map(({ diesOf }) => diesOf));
  expect(laws.map(({ code }) => code).filter((code) => !caught.has(code))).toEqual([]);
});
