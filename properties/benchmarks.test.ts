import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { measureAllRates, rateSteps } from "../benchmarks/rates.ts";
import { startRecord } from "../src/io/run-record.ts";
import { laws } from "../src/laws/index.ts";

test("the rates run at smoke scale, and their table is complete", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rates-"));
  let steps = 0;
  const step = () => {
    steps++;
  };
  const file = await measureAllRates("smoke", folder, await startRecord("test", 42), step);
  const text = await readFile(file, "utf8");
  const rows: Record<string, string>[] = parse(text, { columns: true });
  expect(steps).toBe(rateSteps("smoke"));
  expect(rows.slice(0, 2).map(({ what }) => what)).toEqual(["dot", "decode"]);
  expect(rows.slice(2).map(({ what }) => what)).toEqual(laws.map(({ id }) => id));
  expect(rows.every((row) => row.schema_version === "2")).toBe(true);
  expect(text).not.toMatch(/NaN|Infinity|undefined|\r/);
});
