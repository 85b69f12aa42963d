import { describe, expect, test } from "vitest";
import { jsonText } from "../src/io/json-text.ts";
import { rowsText } from "../src/io/rows-text.ts";
import { type AnyRow, type Columns, defineTable, integer } from "../src/io/table.ts";

describe("rows as text", () => {
  const shown = (names: readonly string[], rows: readonly AnyRow[]) => {
    const columns: Columns = Object.fromEntries(names.map((name) => [name, integer("")]));
    return rowsText(defineTable({ file: "", command: "", about: "", columns }), rows);
  };
  const columns = ["schema_version", "model", "a", "b", "none"];
  const row = (a: number | bigint, b: string | number | null) => ({
    schema_version: 1,
    model: "demo",
    a,
    b,
    none: null,
  });

  test("print cells that all rows share once, and omit blank columns", () => {
    expect(shown(columns, [row(1000n, "x"), row(2, null), row(0.123456789, 7)])).toBe(
      [
        "model  demo",
        "┌─────────┬───┐",
        "│ a       │ b │",
        "├─────────┼───┤",
        "│ 1,000   │ x │",
        "│ 2       │   │",
        "│ 0.12346 │ 7 │",
        "└─────────┴───┘",
      ].join("\n"),
    );
  });

  test("transpose a table that is wider than long", () => {
    const rows = [
      { a: 1, b: 2, c: 3 },
      { a: 4, b: 5, c: Number.NaN },
    ];
    expect(shown(["a", "b", "c"], rows)).toBe(
      [
        "┌───┬───┬───┐",
        "│ a │ 1 │ 4 │",
        "├───┼───┼───┤",
        "│ b │ 2 │ 5 │",
        "│ c │ 3 │   │",
        "└───┴───┴───┘",
      ].join("\n"),
    );
  });

  test("list the cells of a single row", () => {
    expect(shown(["model", "b"], [{ model: "demo", b: 12345 }])).toBe("model  demo\nb      12,345");
  });
});

describe("JSON", () => {
  test("keeps every digit of an integer", () => {
    expect(jsonText({ flops: 9_007_199_254_740_993n })).toBe('{\n  "flops": 9007199254740993\n}');
  });

  test("puts a list of numbers on one line, and changes nothing else", () => {
    const value = { a: [1, -2.5, 3e-7], b: [[1], []], c: ["[\n 1,\n 2\n]", "x"] };
    const text = jsonText(value);
    expect(text).toContain('"a": [1, -2.5, 3e-7]');
    expect(JSON.parse(text)).toEqual(value);
  });
});
