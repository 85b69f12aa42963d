import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configs } from "../src/arbitraries/configs.ts";
import { trafficBytes } from "../src/cost/intensity.ts";
import { intensityRows, intensityTable } from "../src/cost/intensity-table.ts";
import { memoryRows, memoryTable } from "../src/cost/memory-table.ts";
import { GiB } from "../src/cost/units.ts";
import {
  assignmentIntensityTable,
  attentionRows,
  differenceRows,
  differencesTable,
  sizingRows,
  sizingTable,
} from "../src/courses/two-layer-assignment/intensity-table.ts";
import type { AnyRow, TableSchema } from "../src/io/table.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { property } from "./support.ts";

const llama3 = namedModel("llama-3-8b");
const length = fc.integer({ min: 1, max: 24 });

function sum<Column extends string>(
  rows: readonly Readonly<Record<Column, bigint>>[],
  column: Column,
): bigint {
  return rows.reduce((total, row) => total + row[column], 0n);
}

function expectColumns(rows: readonly AnyRow[], { columns }: TableSchema): void {
  for (const row of rows) expect(Object.keys(row)).toEqual(Object.keys(columns));
}

property(
  "memory: the parts of each phase sum to its total",
  fc.tuple(configs(), length, length, fc.constantFrom(1, 2, 4)),
  ([config, context, batch, bytesPerElement]) => {
    const held = { context, batch, bytesPerElement };
    const rows = memoryRows({ name: "generated", config }, held);
    expectColumns(rows, memoryTable);
    for (const phase of ["prefill", "decode"]) {
      const parts = rows.filter((row) => row.phase === phase);
      expect(sum(parts, "bytes")).toBe(2n * parts.at(-1)!.bytes);
    }
  },
);

property(
  "intensity: a step is the sum of its operations, and ai is FLOPs per byte",
  fc.tuple(configs(), length, length, fc.constantFrom("prefill" as const, "decode" as const)),
  ([config, context, batch, phase]) => {
    const widths = { weightBytesPerElement: 2, kvBytesPerElement: 2, activationBytesPerElement: 2 };
    const step = { phase, context, batch, fusion: "streamed", ...widths } as const;
    const [whole, ...rest] = intensityRows({ name: "generated", config }, step);
    expectColumns([whole, ...rest], intensityTable);
    const operations = rest.filter(({ level }) => level === "op");
    for (const column of ["flops", "bytes_weights", "bytes_kv", "bytes_act"] as const) {
      expect(whole[column]).toBe(sum(operations, column));
    }
    for (const row of rest) {
      const bytes = trafficBytes({
        flops: row.flops,
        weightBytes: row.bytes_weights,
        kvBytes: row.bytes_kv,
        activationBytes: row.bytes_act,
      });
      expect(row.ai).toBe(bytes === 0n ? null : Number(row.flops) / Number(bytes));
    }
  },
);

describe("the assignment", () => {
  property("differences sum from the exact count to its count", configs(), (config) => {
    const rows = differenceRows({ name: "generated", config });
    expectColumns(rows, differencesTable);
    expect(sum(rows.slice(0, -1), "parameters")).toBe(rows.at(-1)?.parameters);
  });

  test("X devices hold floor(160 X - 23.96) requests", () => {
    for (const devices of [1, 2, 3, 4, 8, 16]) {
      const serving = { deviceBytes: 80 * GiB, devices, context: 1024, bytesPerElement: 2 };
      const rows = sizingRows(llama3, serving);
      expectColumns(rows, sizingTable);
      expect(rows[1].max_batch).toBe(BigInt(Math.floor(160 * devices - 23.96)));
    }
  });

  test("decode has one intensity at every batch, prefill another", () => {
    const batches = Array.from({ length: 100 }, (_, i) => i + 1);
    const rows = attentionRows(llama3, { context: 1024, batches, bytesPerElement: 2 });
    expectColumns(rows, assignmentIntensityTable);
    expect(rows).toHaveLength(101);
    expect(new Set(rows.slice(1).map(({ ai }) => ai)).size).toBe(1);
    expect(rows[1].ai).toBeCloseTo(0.98367, 5);
  });
});
