/**
 * Records the golden fixtures: `npm run golden`. The logits come from the definition, never from
 * the reference decoder that is checked against them. On unchanged code a second run changes no
 * byte.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { configToJson, type ModelConfig, modelConfig } from "../src/config.ts";
import { forward } from "../src/definition.ts";
import { writeWhole } from "../src/files.ts";
import { writeSafetensors } from "../src/formats/safetensors.ts";
import { namedModel } from "../src/models/registry.ts";
import { seededRandom } from "../src/random.ts";
import { fixtureFiles, type GoldenCase, type Manifest, sha256 } from "../src/verify/golden.ts";
import { initWeights, randomWeights, type Weights } from "../src/weights.ts";

/** Goldens in float64 agree across engines of JavaScript to far less than this. */
const tolerance = 1e-10;

interface Recording {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly cases: readonly (readonly number[])[];
}

const demo = namedModel("demo").config;

/**
 * Every size another, loud constants, nothing neutral: no transpose or wrong constant hides here.
 */
const loud = modelConfig({
  vocabSize: 23,
  hiddenSize: 10,
  intermediateSize: 14,
  numHiddenLayers: 3,
  numAttentionHeads: 6,
  numKeyValueHeads: 2,
  headDim: 4,
  maxPositionEmbeddings: 32,
  normEps: 0.1,
  ropeTheta: 100,
  ropeLayout: "interleaved",
});

const recordings: readonly Recording[] = [
  {
    name: "demo",
    config: demo,
    weights: initWeights(demo, 42),
    cases: [[3, 7, 11, 15], randomTokens(demo, 20, 42)],
  },
  {
    name: "loud",
    config: loud,
    weights: randomWeights(loud, 7, 2),
    cases: [[3], randomTokens(loud, 32, 7)],
  },
];

function randomTokens({ vocabSize }: ModelConfig, length: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length }, () => Math.floor(random() * vocabSize));
}

for (const { name, config, weights, cases } of recordings) {
  const path = (file: string) => join(import.meta.dirname, name, file);
  const golden = cases.map((tokens) => ({ tokens, logits: forward(config, weights, tokens) }));
  await writeWhole(path("config.json"), `${JSON.stringify(configToJson(config), null, 2)}\n`);
  await writeSafetensors(path("weights.safetensors"), weights.tensors);
  await writeWhole(path("logits.json"), logitsText(golden));
  const manifest: Manifest = {
    by: "src/definition.ts",
    versions: { node: process.version },
    command: "npm run golden",
    tolerance,
    sha256: await hashes(path),
  };
  // Last, so that a recording that was cut short is refused by its hashes.
  await writeWhole(path("manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const rows = cases.reduce((sum, tokens) => sum + tokens.length, 0);
  console.log(`golden/${name}: ${rows} x ${config.vocabSize} logits, tolerance ${tolerance}`);
}

async function hashes(path: (file: string) => string): Promise<Record<string, string>> {
  const hash = async (file: string) => [file, sha256(await readFile(path(file)))] as const;
  return Object.fromEntries(await Promise.all(fixtureFiles.map(hash)));
}

/** JSON with one row of logits a line, so that a diff shows which position changed. */
function logitsText(cases: readonly GoldenCase[]): string {
  const texts = cases.map(({ tokens, logits }) => {
    const rows = logits.map((row) => `      ${JSON.stringify(row)}`).join(",\n");
    return `    { "tokens": ${JSON.stringify(tokens)}, "logits": [\n${rows}\n    ] }`;
  });
  return `{\n  "cases": [\n${texts.join(",\n")}\n  ]\n}\n`;
}
