import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { latency } from "../benchmarks/latency.ts";
import { rates } from "../benchmarks/rates.ts";
import { startRecord, writeRecord } from "../src/report/run-record.ts";
import { sha256 } from "../src/verify/golden.ts";

const idle = { start: () => {}, step: () => {} };

test.for([latency, rates])(
  "$name runs at smoke scale, and its tables are whole",
  async (benchmark) => {
    const folder = await mkdtemp(join(tmpdir(), "bench-"));
    const record = await startRecord("test", 42);
    const files = await benchmark.run("smoke", folder, record, idle);
    await writeRecord(folder, record, files);
    const run = JSON.parse(await readFile(join(folder, "run.json"), "utf8"));
    for (const file of files) {
      const text = await readFile(file, "utf8");
      const rows: Record<string, string>[] = parse(text, { columns: true });
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.every((row) => row.schema_version === "1")).toBe(true);
      expect(text).not.toMatch(/NaN|Infinity|undefined|\r/);
      expect(run.sha256[basename(file)]).toBe(sha256(text));
    }
  },
);
