/** The declarations, under the two ways of resolving modules that newer projects use. */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, inject, test } from "vitest";
import { allErrorsIn, errorsIn, resolutions } from "./compile.ts";

const [plain, tested] = [inject("plain"), inject("tested")];
const clone = join(import.meta.dirname, "../..");

const uses = `
import { buildWeights, checkRewind, checkStart, defineSubject, laws, ModelHost } from "causalgate";
import { NotOffered, type LayerWeights, type Linear, verify, writeHuggingFace } from "causalgate";
import { maxBatch, modelConfig, namedModel } from "causalgate/cost";
import { onnxRuntimeDecoder, subjectByName } from "causalgate/engines";
import { cacheEquality } from "causalgate/laws";

const config = modelConfig({
  ...{ vocabSize: 4, hiddenSize: 2, intermediateSize: 2 },
  ...{ numHiddenLayers: 1, numAttentionHeads: 1, maxPositionEmbeddings: 8 },
});
const weights = buildWeights(config, (_, shape) =>
  new Float64Array(shape.reduce((product, size) => product * size, 1)),
);
export const layer: LayerWeights | undefined = weights.layers[0];
export const head: Linear = weights.lmHead;
await using decoder = onnxRuntimeDecoder({ name: "mine", config, weights }, { dtype: "float32" });
export const all = [checkRewind, checkStart, defineSubject, laws, ModelHost, NotOffered, verify];
export const others = [writeHuggingFace, maxBatch, namedModel, subjectByName, cacheEquality];
export const { name } = decoder;
`;

beforeAll(() => {
  writeFileSync(join(plain, "uses.mts"), uses);
  const fixtures = join(clone, "properties/package/fixtures");
  for (const runner of ["vitest", "jest"]) {
    cpSync(join(fixtures, runner, "matchers.test.ts"), join(tested, `types/${runner}.test.ts`));
  }
});

const compilers = ["typescript", "typescript5"];
const ways = compilers.flatMap((name) => resolutions.map((resolution) => [name, resolution]));

test.for(ways)("%s, %s: the library, its costs and its engines", async (way) => {
  expect(await errorsIn(plain, way, "uses.mts")).toEqual([]);
});

test.for(ways)("%s, %s: the matchers of vitest and jest", async (way) => {
  const files = "--types node types/vitest.test.ts types/jest.test.ts";
  expect(await errorsIn(tested, way, files)).toEqual([]);
});

/** Entries whose declarations need no types of a platform: neither of Node nor of a browser. */
const entries = ["causalgate", ...["laws", "cost", "engines"].map((name) => `causalgate/${name}`)];

test.for(entries)("%s compiles without the types of Node and of a browser", async (entry) => {
  const file = `${entry.replace("/", "-")}.mts`;
  writeFileSync(join(plain, file), `export * from "${entry}";\n`);
  expect(await allErrorsIn(plain, ways[0], `--lib es2024 --types "" ${file}`)).toEqual([]);
});

test("errors are seen at all", async () => {
  writeFileSync(join(plain, "wrong.mts"), uses.replace("vocabSize", "vocabularySize"));
  const [error] = await errorsIn(plain, ways[0], "wrong.mts");
  expect(error).toContain("vocabularySize");
});
