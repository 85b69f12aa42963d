/** The figures draw exactly the numbers of their tables. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { benchTables } from "../src/bench/bench-tables.ts";
import { demoTables, writeDemo } from "../src/courses/decoding-demo/demo.ts";
import { writeTable } from "../src/io/csv.ts";
import { logTicks } from "../src/report/figures/curves.ts";
import {
  draftFigures,
  type Figure,
  figureStyle,
  figures,
  standaloneSvg,
} from "../src/report/figures.ts";
import { figuresMarkdown } from "../src/report/markdown.ts";
import { schemas, type TableName } from "../src/report/schemas.ts";
import { readTables, type Tables } from "../src/report/tables.ts";
import { curveRow, peerRow, thresholdRow } from "./made-rows.ts";
import { configs, madeSamples, noisy } from "./made-samples.ts";
import { scratchFolder } from "./scratch.ts";
import { property, seed } from "./support.ts";

const folder = join(scratchFolder(), "reports");

/** The demo, a generated bench, and published tables that take too long to compute. */
async function writeTables(): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeDemo(folder, await demoTables(seed));
  const samples = madeSamples({ processes: 2, rounds: 3, timeMs: noisy() });
  const { latency, growth, ratios } = benchTables(samples, configs);
  await writeTable(folder, schemas.latency, latency);
  await writeTable(folder, schemas.growth, growth);
  await writeTable(folder, schemas.ratios, ratios);
  await writeTable(folder, schemas.curve, [curveRow(100, 2.5, 2.6), curveRow(200, 1.5, 1.7)]);
  await writeTable(folder, schemas.thresholds, [
    thresholdRow("table-ends", 16, "killed"),
    thresholdRow("table-ends", 64, "killed"),
    thresholdRow("table-ends", 256, "survived"),
  ]);
  await writeTable(folder, schemas.peers, [
    peerRow("decode", "reference", 0.25, null),
    peerRow("decode", "onnxruntime", 0.5, 2),
    peerRow("prefill", "reference", 8, null),
    { ...peerRow("prefill", "llama.cpp", null, null), status: "not_installed" },
  ]);
}

await writeTables();
const reports = await readTables(folder);
const { tables } = reports;
const drawn = await figures(tables);

const ids = [
  "forward",
  "causality",
  "sampling",
  "generation",
  "generation-cost",
  "parameters",
  "intensity",
  "latency",
  "growth",
  "peers",
  "training",
  "thresholds",
];

/** Returns all rows of data in a specification. */
function dataOf(spec: unknown): Readonly<Record<string, unknown>>[] {
  if (typeof spec !== "object" || spec === null) return [];
  const own = "data" in spec ? (spec.data as { values: [] }).values : [];
  const inside = Object.entries(spec).flatMap(([key, value]) =>
    key === "data" ? [] : dataOf(value),
  );
  return [...own, ...inside];
}

/** Returns true if a row has every number of a datum, in the columns of the source. */
function isIn(
  datum: Readonly<Record<string, unknown>>,
  { file, columns }: Figure["sources"][number],
) {
  const rows: readonly Readonly<Record<string, unknown>>[] =
    Object.values(tables).find((table) => table.file === file)?.rows ?? [];
  const numbers = Object.entries(datum).filter(([, value]) => typeof value === "number");
  return rows.some((row) =>
    numbers.every(([column, value]) => {
      // An unknown interval is drawn as the point.
      const cell = row[column] ?? row.median_ms;
      return columns.includes(column) && Number(cell) === value;
    }),
  );
}

describe("figures", () => {
  test("are all drawn, in the order of the page", () => {
    expect(drawn.map(({ id }) => id)).toEqual(ids);
    expect(drawn.filter(({ svg, missing }) => svg === null || missing !== null)).toEqual([]);
  });

  test.for(draftFigures(tables).map((draft) => [draft.id, draft] as const))(
    "of %s: every number drawn is in one row of its tables",
    ([, { panels, sources }]) => {
      const data = panels.flatMap(({ spec }) => dataOf(spec));
      expect(data.length).toBeGreaterThan(1);
      const lost = data.filter((datum) => !sources.some((source) => isIn(datum, source)));
      expect(lost).toEqual([]);
      // Longer titles are cut.
      for (const { title } of panels) expect(title!.length).toBeLessThan(46);
    },
  );

  test("name existing files and columns, and the rows", () => {
    for (const { sources, title, question, caption } of drawn) {
      expect(sources.length).toBeGreaterThan(0);
      for (const { file, columns, rows } of sources) {
        const table = Object.values(tables).find((one) => one.file === file);
        for (const column of columns) expect(Object.keys(table!.rows[0])).toContain(column);
        expect(rows).not.toBe("");
      }
      expect([title, question, ...caption].join()).not.toMatch(/NaN|undefined|null|\[object/);
    }
  });

  test("draw a changed number of the table", async () => {
    const row = tables.generation!.rows.at(-1)!;
    const changed = [...tables.generation!.rows.slice(0, -1), { ...row, naive_tokens: 77 }];
    const generation = { ...tables.generation!, rows: changed };
    const again = await figures({ generation });
    const svg = again.find(({ id }) => id === "generation")?.svg;
    expect(svg).toContain(">77 without cache<");
    expect(drawn.find(({ id }) => id === "generation")?.svg).not.toContain("77 without");
  });

  test("report a leak of the future that is in the table", () => {
    const [first, ...rest] = tables.causality!.rows;
    const rows = [{ ...first, largest_difference: 1e-16 }, ...rest];
    const [draft] = draftFigures({ ...tables, causality: { ...tables.causality!, rows } }).filter(
      ({ id }) => id === "causality",
    );
    expect(draft.title).toMatch(/^THE FUTURE LEAKS/);
    expect(draft.caption.join()).toContain("their logits differ by at most 1 × 10⁻¹⁶");
  });

  test("name the bugs above a size that no law detects", () => {
    const [{ title, caption }] = draftFigures(tables).filter(({ id }) => id === "thresholds");
    expect(title).toBe("2 of 3 bugs above a size are detected");
    expect(caption.join(" ")).toContain("All bugs with a threshold of up to 64 are detected.");
    expect(caption.join(" ")).toContain("Undetected: table-ends-256 (a table ends).");
  });

  test("without their tables name the command to run", async () => {
    const empty = await figures({});
    expect(empty.map(({ id }) => id)).toEqual(ids);
    for (const { svg, missing, sources } of empty) {
      expect(svg).toBeNull();
      expect(missing).toMatch(/^There is no \S+\.csv .*To write it: .*(npx causalgate|npm run) /);
      expect(sources).toEqual([]);
    }
  });

  test("without rows in an existing table name the command, too", async () => {
    const without = (name: "latency" | "growth", task: string): Tables => {
      const rows = tables[name]!.rows.filter((row) => row.task !== task);
      return { ...tables, [name]: { ...tables[name], rows } };
    };
    const missing = (of: Tables, id: string) =>
      draftFigures(of).find((draft) => draft.id === id)?.missing;
    expect(missing(without("latency", "sequence_length"), "latency")).toMatch(/latency\.csv/);
    expect(missing(without("growth", "generation_length"), "growth")).toMatch(/growth\.csv/);
    expect(missing(without("latency", "generation_length"), "growth")).toMatch(/latency\.csv/);
  });
});

describe("tables that lost rows", () => {
  const name = fc.constantFrom(...(Object.keys(tables) as TableName[]));
  const choice = name.chain((name) => {
    const rows = fc.shuffledSubarray([...tables[name]!.rows], { minLength: 1 });
    return fc.record({ name: fc.constant(name), rows });
  });

  property(
    "leave figures with complete captions, or with the command to run",
    choice,
    ({ name, rows }) => {
      for (const draft of draftFigures({ ...tables, [name]: { ...tables[name], rows } })) {
        const said = [draft.title, ...draft.caption].join(" ");
        expect(said).not.toMatch(/NaN|Infinity|undefined|null/);
        expect(draft.panels.length > 0).toBe(draft.missing === null);
      }
    },
    150,
  );

  test("numbers outside every axis are refused by figure and column", async () => {
    const rows = tables.generationCost!.rows.map((row) => ({ ...row, naive_flops: 0n }));
    const generationCost = { ...tables.generationCost!, rows };
    await expect(figures({ generationCost })).rejects.toThrow(
      "figure generationCost: its tables must hold what can be drawn, got naive_flops 0 on",
    );
  });
});

describe("an SVG", () => {
  const parser = new XMLParser({ ignoreAttributes: false });

  test.for(drawn.map(({ id, title, svg }) => [id, title, svg!] as const))(
    "of %s is complete, named, scales, and uses the colours of the page",
    ([id, title, svg]) => {
      expect(XMLValidator.validate(standaloneSvg(svg))).toBe(true);
      const { svg: root } = parser.parse(svg);
      expect(root["@_role"]).toBe("img");
      expect(root["@_aria-labelledby"]).toBe(`${id}-title ${id}-desc`);
      expect(root.title["#text"]).toBe(title);
      expect(root["@_viewBox"]).toMatch(/^0 0 420 \d+$/);
      expect(root["@_width"]).toBeUndefined();
      for (const [, what, hex] of svg.matchAll(/ (fill|stroke)="(#[^"]*)"/g)) {
        expect(figureStyle).toMatch(new RegExp(`\\[${what}="${hex}"\\]{${what}:var\\(--figure-`));
      }
      expect(svg).not.toMatch(/<script|<foreignObject|https?:\/\/(?!www\.w3\.org)|NaN|undefined/);
      expect(svg.length).toBeLessThan(80_000);
    },
  );

  test("has no text smaller than 11 pixels on a phone", () => {
    const sizes = drawn.flatMap(({ svg }) =>
      [...svg!.matchAll(/font-size="([\d.]+)px"/g)].map(([, size]) => Number(size)),
    );
    const phone = 332 / 420;
    expect(Math.min(...sizes) * phone).toBeGreaterThan(11);
  });

  test("has bars with the lengths of the numbers in the table", () => {
    const svg = drawn.find(({ id }) => id === "parameters")!.svg!;
    const bars = [...svg.matchAll(/ d="M0,[\d.]+h([\d.]+)v[^"]*" fill="#0072b2"/g)];
    const lengths = bars.map(([, length]) => Number(length));
    const rows = tables.parameters!.rows.filter(({ component }) => component !== "total");
    const numbers = rows.map(({ parameters }) => Number(parameters));
    expect(lengths.length).toBe(numbers.length);
    const unit = Math.max(...lengths) / Math.max(...numbers);
    for (const [i, length] of lengths.entries()) expect(length).toBeCloseTo(unit * numbers[i], 1);
  });

  test("in a separate file has its style, in both colour schemes", () => {
    const file = standaloneSvg(drawn[0].svg!);
    expect(file).toMatch(/^<\?xml/);
    expect(file).toMatch(/<style>[\s\S]*prefers-color-scheme:dark[\s\S]*<\/style>/);
  });

  test("is the same each time", async () => {
    const [again] = await figures({ forward: tables.forward! });
    expect(again).toEqual(drawn[0]);
  });
});

describe("ticks of a logarithmic axis", () => {
  test.for([
    [
      [1, 1000],
      [1, 10, 100, 1000],
    ],
    [
      [3, 40],
      [5, 10, 20],
    ],
    [
      [1e6, 1.8e11],
      [1e6, 1e7, 1e8, 1e9, 1e10, 1e11],
    ],
  ] as const)("from %j are %j", ([[low, high], ticks]) => {
    expect(logTicks(low, high)).toEqual(ticks);
  });
});

describe("the report as Markdown", () => {
  const text = figuresMarkdown(reports, drawn);

  test("has the verdict, then every figure with its file, caption and data", () => {
    expect(text).toMatch(/^# Nothing has been tested yet\n/);
    expect(text).toContain("| Is the reference decoder right? | not run: `npx causalgate gate` |");
    for (const id of ids) expect(text).toContain(`<img src="figures/${id}.svg" alt="`);
    expect(text).toContain("85 token-steps");
    expect(text).toContain("<sub>data: [generation.csv](generation.csv), `step`");
    expect(text).not.toMatch(/NaN|undefined|\[object/);
  });

  test("names missing tables", async () => {
    const empty = figuresMarkdown({ tables: {}, runs: [] }, await figures({}));
    expect(empty).toContain("There is no forward.csv with the rows for this figure.");
    expect(empty).not.toContain(".svg");
  });
});
