/**
 * Records golden fixtures: `npm run golden` those of the definition, and with `-- --by ENGINE`
 * those of an engine that others wrote. The logits never come from the reference decoder that is
 * checked against them. On unchanged code a second run on one machine changes no byte.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, Option } from "commander";
import type { Decoder } from "../src/decoder.ts";
import { forward } from "../src/definition.ts";
import { llamaCppDecoder, llamaCppVersions } from "../src/engines/llama-cpp.ts";
import { installLlamaCpp } from "../src/engines/llama-cpp-package.ts";
import { onnxRuntimeDecoder, onnxRuntimeVersions } from "../src/engines/onnxruntime.ts";
import { transformersDecoder, transformersVersions } from "../src/engines/transformers.ts";
import { writeSafetensors } from "../src/formats/safetensors.ts";
import { fixtureFiles, type GoldenCase, type Manifest } from "../src/golden/format.ts";
import { sha256, writeWhole } from "../src/io/files.ts";
import { ggmlFloat32 } from "../src/math/arithmetic.ts";
import { configToJson } from "../src/model/config.ts";
import type { Model } from "../src/model/model.ts";
import { goldenTolerances } from "../src/tolerance/arithmetics.ts";
import { largestError } from "../src/tolerance/compare.ts";
import { noiseFloor } from "../src/tolerance/noise.ts";
import {
  architectureRecordings,
  familyRecordings,
  ownRecordings,
  type Recording,
  transformersRecordings,
} from "./recordings.ts";

/** An engine that others wrote. */
interface Stranger {
  /** Installs it, where that is needed. */
  readonly prepare?: () => Promise<void>;
  readonly decoder: (model: Model) => Decoder;
  readonly versions: () => Promise<Readonly<Record<string, string>>>;
  readonly recordings: readonly Recording[];
  /** How far a float64 decoder may be from what it gives. */
  readonly tolerance: (model: Model) => number;
}

const strangers: Readonly<Record<string, Stranger>> = {
  onnxruntime: {
    decoder: (model) => onnxRuntimeDecoder(model, { dtype: "float64" }),
    versions: onnxRuntimeVersions,
    recordings: familyRecordings,
    tolerance: () => goldenTolerances.independentFloat64,
  },
  "llama.cpp": {
    prepare: installLlamaCpp,
    decoder: (model) => llamaCppDecoder(model, { cache: "float32" }),
    versions: llamaCppVersions,
    recordings: architectureRecordings,
    tolerance: (model) =>
      Number((goldenTolerances.noiseFloors * noiseFloor(model, ggmlFloat32)).toPrecision(1)),
  },
  transformers: {
    decoder: (model) => transformersDecoder(model, { dtype: "float64" }),
    versions: () => transformersVersions("float64"),
    recordings: transformersRecordings,
    tolerance: () => goldenTolerances.independentFloat64,
  },
};

type Provenance = Omit<Manifest, "sha256">;

const { by } = new Command("golden")
  .description("record golden fixtures")
  .addOption(new Option("--by <ENGINE>", "who gives the logits").choices(Object.keys(strangers)))
  .parse()
  .opts<{ by?: string }>();

if (by === undefined) await recordOwn();
else await recordStranger(by, strangers[by]);

async function recordOwn(): Promise<void> {
  for (const recording of ownRecordings) {
    const { config, weights, name } = recording.model;
    const logits = recording.cases.map((tokens) => forward(config, weights, tokens));
    await write(name, recording, logits, {
      by: "src/definition.ts",
      versions: { node: process.version },
      command: "npm run golden",
      tolerance: goldenTolerances.definition,
    });
  }
}

/** Refuses to record what is further from the definition than the gate will allow. */
async function recordStranger(who: string, stranger: Stranger): Promise<void> {
  await stranger.prepare?.();
  for (const recording of stranger.recordings) {
    const { config, weights, name } = recording.model;
    const tolerance = stranger.tolerance(recording.model);
    await using engine = stranger.decoder(recording.model);
    const logits: number[][][] = [];
    let largest = 0;
    for (const tokens of recording.cases) {
      await using sequence = await engine.start();
      const rows = (await sequence.appendAll(tokens)).map((row) => [...row]);
      largest = Math.max(largest, largestError(rows, forward(config, weights, tokens)));
      logits.push(rows);
    }
    if (!(largest <= tolerance)) {
      const must = `must be within ${tolerance} of the definition`;
      throw new RangeError(`golden/${who}-${name}: ${must}, got ${largest}`);
    }
    await write(`${who}-${name}`, recording, logits, {
      by: engine.name,
      versions: { node: process.version, ...(await stranger.versions()) },
      command: `npm run golden -- --by ${who}`,
      tolerance,
      largestDifference: largest,
    });
  }
}

async function write(
  name: string,
  { model: { config, weights }, cases, type }: Recording,
  logits: readonly (readonly (readonly number[])[])[],
  provenance: Provenance,
): Promise<void> {
  const path = (file: string) => join(import.meta.dirname, name, file);
  const golden = cases.map((tokens, i) => ({ tokens, logits: logits[i] }));
  await writeWhole(path("config.json"), `${JSON.stringify(configToJson(config), null, 2)}\n`);
  await writeSafetensors(path("weights.safetensors"), weights.tensors, type);
  await writeWhole(path("logits.json"), logitsText(golden));
  const manifest: Manifest = { ...provenance, sha256: await hashes(path) };
  // Last, so that a recording that was cut short is refused by its hashes.
  await writeWhole(path("manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const rows = cases.reduce((sum, tokens) => sum + tokens.length, 0);
  const { tolerance, largestDifference } = provenance;
  const off = largestDifference === undefined ? "" : `, ${largestDifference} off the definition`;
  console.log(`golden/${name}: ${rows} x ${config.vocabSize} logits, tolerance ${tolerance}${off}`);
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
