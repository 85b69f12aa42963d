/** Recording of this repository's fixtures: from the definition, or from an engine of others. */
import { relative } from "node:path";
import { Command, Option } from "commander";
import { writeFixtures } from "../src/cli/golden.ts";
import { type FormatOptions, formatOption, jsonOption } from "../src/cli/options.ts";
import { outputOf } from "../src/cli/output.ts";
import type { Decoder } from "../src/decoder.ts";
import { llamaCppDecoder, llamaCppVersions } from "../src/engines/llama-cpp.ts";
import { installLlamaCpp } from "../src/engines/llama-cpp-package.ts";
import { onnxRuntimeDecoder, onnxRuntimeVersions } from "../src/engines/onnxruntime.ts";
import { transformersDecoder, transformersVersions } from "../src/engines/transformers.ts";
import { rowsOf } from "../src/golden/check.ts";
import { draftDefinition, draftModel } from "../src/golden/draft.ts";
import type { GoldenRequest } from "../src/golden/models.ts";
import type { FixtureDraft } from "../src/golden/write.ts";
import { ggmlFloat32 } from "../src/math/arithmetic.ts";
import type { Model } from "../src/model/model.ts";
import { goldenTolerances } from "../src/tolerance/arithmetics.ts";
import { noiseFloor } from "../src/tolerance/noise.ts";
import {
  architectureRequests,
  definitionRequests,
  familyRequests,
  transformersRequests,
} from "./recordings.ts";

/** An engine of another author, as the source of recorded logits. */
interface IndependentEngine {
  /** Installs the engine, if it is not a dependency. */
  readonly prepare?: () => Promise<void>;
  readonly decoder: (model: Model) => Decoder;
  readonly versions: () => Promise<Readonly<Record<string, string>>>;
  readonly requests: readonly GoldenRequest[];
  /** Largest difference from the engine's logits that is correct in float64. */
  readonly tolerance: (model: Model) => number;
}

const engines: Readonly<Record<string, IndependentEngine>> = {
  onnxruntime: {
    decoder: (model) => onnxRuntimeDecoder(model, { dtype: "float64" }),
    versions: onnxRuntimeVersions,
    requests: familyRequests,
    tolerance: () => goldenTolerances.independentFloat64,
  },
  "llama.cpp": {
    prepare: installLlamaCpp,
    decoder: (model) => llamaCppDecoder(model, { cache: "float32" }),
    versions: llamaCppVersions,
    requests: architectureRequests,
    tolerance: (model) =>
      Number((goldenTolerances.noiseFloors * noiseFloor(model, ggmlFloat32)).toPrecision(1)),
  },
  transformers: {
    decoder: (model) => transformersDecoder(model, { dtype: "float64" }),
    versions: () => transformersVersions("float64"),
    requests: transformersRequests,
    tolerance: () => goldenTolerances.independentFloat64,
  },
};

interface Options extends FormatOptions {
  readonly by?: string;
  readonly update?: boolean;
}

/** `npm run golden`: records the fixtures of this folder. */
export function fixturesCommand(): Command {
  const names = Object.keys(engines);
  return new Command("fixtures")
    .description("record the fixtures of this repository (the default command)")
    .addOption(
      new Option(
        "--by <ENGINE>",
        "engine that computes the logits; default: the definition",
      ).choices(names),
    )
    .option("--update", "overwrite fixtures that differ")
    .addOption(formatOption("text", "json"))
    .addOption(jsonOption())
    .action(async (options: Options) => {
      const { by, update = false } = options;
      const drafts = by === undefined ? await recordDefinition() : await recordEngine(by);
      const folder = relative(process.cwd(), import.meta.dirname);
      const isWritten = await writeFixtures(drafts, folder, update, outputOf(options));
      if (!isWritten) process.exitCode = 1;
    });
}

async function recordDefinition(): Promise<FixtureDraft[]> {
  const requests = await definitionRequests();
  const origin = {
    by: "src/definition.ts",
    versions: { node: process.version },
    command: "npm run golden",
  };
  return Promise.all(
    requests.map((request) => {
      const { name } = request.model;
      return draftDefinition(request, {
        name,
        origin,
        tolerance: () => goldenTolerances.definition,
      });
    }),
  );
}

async function recordEngine(by: string): Promise<FixtureDraft[]> {
  const { prepare, decoder, versions, requests, tolerance } = engines[by];
  await prepare?.();
  const drafts: FixtureDraft[] = [];
  for (const request of requests) {
    const { model } = request;
    await using engine = decoder(model);
    const origin = {
      by: engine.name,
      versions: { node: process.version, ...(await versions()) },
      command: `npm run golden -- --by ${by}`,
    };
    const options = { name: `${by}-${model.name}`, origin, tolerance: () => tolerance(model) };
    drafts.push(await draftModel(request, (tokens) => rowsOf(engine, tokens), options));
  }
  return drafts;
}
