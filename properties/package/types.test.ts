/** The declarations, under the two ways of resolving modules that newer projects use. */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, inject, test } from "vitest";
import { shell } from "./commands.ts";

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
const resolutions = ["nodenext", "bundler"];
const ways = compilers.flatMap((name) => resolutions.map((resolution) => [name, resolution]));

/** Returns the errors of strict checks, those in declarations of other packages apart. */
async function errorsIn(folder: string, files: string, [compiler, resolution]: readonly string[]) {
  const module = resolution === "bundler" ? "esnext" : resolution;
  const options = [
    `--module ${module} --moduleResolution ${resolution} --target es2022 --noEmit --strict`,
    "--exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck false --pretty false",
  ].join(" ");
  const command = `node "${join(tested, "node_modules", compiler, "bin/tsc")}" ${options} ${files}`;
  const { stdout } = await shell(command, { folder, node: inject("nodes")[24] });
  const others = /^(\.\.\/tested\/)?node_modules\/(?!causalgate\/)|^\s/;
  return stdout.split("\n").filter((line) => line !== "" && !others.test(line));
}

test.for(ways)("%s, %s: the library, its costs and its engines", async (way) => {
  expect(await errorsIn(plain, "uses.mts", way)).toEqual([]);
});

test.for(ways)("%s, %s: the matchers of vitest and jest", async (way) => {
  const files = "--types node types/vitest.test.ts types/jest.test.ts";
  expect(await errorsIn(tested, files, way)).toEqual([]);
});

test("errors are seen at all", async () => {
  writeFileSync(join(plain, "wrong.mts"), uses.replace("vocabSize", "vocabularySize"));
  const [error] = await errorsIn(plain, "wrong.mts", ways[0]);
  expect(error).toContain("vocabularySize");
});
