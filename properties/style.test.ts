/** The rules of this repository: layers of imports, sizes, forbidden words. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

const folders = ["src", "properties", "benchmarks", "golden", "examples"];
const files = globSync(folders.map((folder) => `${folder}/**/*.ts`)).sort();
const source = new Map(files.map((file) => [file, readFileSync(file, "utf8")]));

/** Returns the relative imports of a file, as paths from the root, with or without types. */
function importsOf(file: string, includeTypes: boolean): string[] {
  const pattern = /^(?:import|export)\s(type\s)?[^;]*?from\s"(\.[^"]+)"/gms;
  return [...source.get(file)!.matchAll(pattern)]
    .filter(([, type]) => includeTypes || type === undefined)
    .map(([, , path]) => normalize(join(dirname(file), path)));
}

/** The layers, lowest first: a file imports from its layer or a lower one. */
const floors = [
  ["math/", "io/"],
  ["model/", "tolerance/compare.ts"],
  ["cost/", "decoder.ts", "definition.ts", "sampling/"],
  ["reference/", "tolerance/"],
  ["generation/", "tokenizers/", "engines/", "formats/"],
  ["training/"],
  ["arbitraries/", "subjects/"],
  ["laws/"],
  ["golden/", "verify/"],
  ["bench/"],
  ["courses/"],
  ["report/"],
  ["cli/", "index.ts", "laws.ts", "cost.ts", "engines.ts", "testing/"],
  ["vitest.ts", "jest.ts", "node-test.ts"],
].map((places) => places.map((place) => `src/${place}`));

const isIn = (file: string, place: string) =>
  place.endsWith("/") ? file.startsWith(place) : file === place;
const floorOf = (file: string) =>
  floors.findIndex((places) => places.some((place) => isIn(file, place)));

/** Forbidden imports, including types. */
const absences = [
  { from: "src/engines/", never: ["src/definition.ts", "src/reference/"] },
  { from: "src/cost/", never: ["src/model/weights.ts", "src/math/", "src/definition.ts"] },
  {
    from: "src/sampling/",
    never: ["src/decoder.ts", "src/reference/", "src/generation/generate.ts"],
  },
  {
    from: "src/laws/",
    never: [
      "src/reference/",
      "src/engines/",
      "src/subjects/reference.ts",
      "src/subjects/registry.ts",
    ],
  },
  { from: "src/", never: ["properties/", "benchmarks/", "golden/", "examples/"] },
];

const inSrc = files.filter((file) => file.startsWith("src/"));

describe("layers", () => {
  test("every file has a layer", () => {
    expect(inSrc.filter((file) => floorOf(file) < 0)).toEqual([]);
  });

  test("are the table of ARCHITECTURE.md", () => {
    const page = readFileSync("ARCHITECTURE.md", "utf8");
    const rows = [...page.matchAll(/^\| (\d+) \| ((?:`[^`]+` ?)+)\|/gm)].reverse();
    expect(rows.map(([, layer]) => Number(layer))).toEqual(floors.map((_, index) => index + 1));
    const listed = rows.map(([, , places]) => places.match(/[^` ]+/g));
    expect(listed).toEqual(floors.map((places) => places.map((place) => place.slice(4))));
  });

  test("imports go down", () => {
    const up = inSrc.flatMap((file) =>
      importsOf(file, true)
        .filter((imported) => floorOf(imported) > floorOf(file))
        .map((imported) => `${file} imports ${imported}`),
    );
    expect(up).toEqual([]);
  });

  test.for(absences)("$from never imports $never", ({ from, never }) => {
    const seen = files
      .filter((file) => file.startsWith(from))
      .flatMap((file) => importsOf(file, true).map((imported) => ({ file, imported })))
      .filter(({ imported }) => never.some((place) => isIn(imported, place)));
    expect(seen).toEqual([]);
  });

  test("the definition imports nothing that computes", () => {
    expect(importsOf("src/definition.ts", false)).toEqual([]);
  });

  test("imports are recognised", () => {
    expect(importsOf("src/reference/forward.ts", true)).toContain("src/math/linear.ts");
    expect(importsOf("src/definition.ts", true)).toContain("src/model/weights.ts");
  });
});

describe("sizes", () => {
  const lines = (file: string) => source.get(file)!.split("\n");

  test("no file has more than 300 lines", () => {
    expect(files.filter((file) => lines(file).length > 301)).toEqual([]);
  });

  test("no line has more than 100 columns", () => {
    // The formatter wraps code, but not a sentence in quotes or a link.
    const unbreakable = /["'`].{50,}["'`]|https?:/;
    const formatted = files.filter((file) => !file.startsWith("properties/mutants/")); // they quote
    const long = formatted.flatMap((file) =>
      lines(file).flatMap((line, i) =>
        line.length > 100 && !unbreakable.test(line) ? [`${file}:${i + 1}`] : [],
      ),
    );
    expect(long).toEqual([]);
  });
});

describe("words", () => {
  test.for([
    { what: "unseeded randomness or clocks", pattern: /Math\.random|Date\.now/, where: "src/" },
    {
      what: "ways around the types",
      pattern: /@ts-ignore|@ts-expect-error|biome-ignore/,
      where: "",
    },
    {
      what: "tests that do not run",
      pattern: /\b(test|describe|it)\.(skip|only|todo)\b/,
      where: "properties/",
    },
    {
      what: "functions that Node 22 lacks",
      pattern: new RegExp(
        [
          "Math\\.(f16round|sumPrecise)|\\.[gs]etFloat16\\(|Float16Array|DisposableStack",
          "Error\\.isError|RegExp\\.escape|Promise\\.try|Iterator\\.concat|\\.from(Base64|Hex)\\(",
        ].join("|"),
      ),
      where: "src/",
    },
    { what: "paths of one machine", pattern: /["'`(]\/(home|root|tmp|work|Users)\//, where: "" },
  ])("no file has $what", ({ pattern, where }) => {
    const found = files
      .filter((file) => file.startsWith(where) && file !== "properties/style.test.ts")
      .filter((file) => pattern.test(source.get(file)!));
    expect(found).toEqual([]);
  });
});
