/** PyTorch's gradients of a few models, in golden/gradients/. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { sha256 } from "../../src/io/files.ts";
import { expectThat } from "../../src/laws/support/expect.ts";
import { configFromJson, type ModelConfig } from "../../src/model/config.ts";
import { buildWeights, type Weights } from "../../src/model/weights.ts";
import { type Example, lossAndGradients } from "../../src/training/gradients.ts";
import { expectClose, expectSame } from "./law.ts";

const folder = join(import.meta.dirname, "../../golden/gradients");

export interface GradientFixture {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly batch: readonly Example[];
  readonly counted: number;
  readonly loss: number;
  readonly gradients: Weights;
  readonly optimiser: RecordedSteps;
  /** The weights after ten steps. */
  readonly after: Weights;
}

/** The contents of optimiser.json, see golden/gradients/README.md. */
export interface RecordedSteps {
  readonly betas: readonly [number, number];
  readonly weight_decay: number;
  readonly max_norm: number;
  readonly learning_rates: readonly number[];
}

/** @throws {Error} if a file does not have the hash in the manifest */
export async function readGradientFixtures(): Promise<GradientFixture[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(names.sort().map(readGradientFixture));
}

async function readGradientFixture(name: string): Promise<GradientFixture> {
  const path = (file: string) => join(folder, name, file);
  const json = async (file: string) => JSON.parse(await readFile(path(file), "utf8"));
  const manifest: { sha256: Record<string, string> } = await json("manifest.json");
  for (const [file, must] of Object.entries(manifest.sha256)) {
    const got = sha256(await readFile(path(file)));
    expectThat(got === must, `${name}/${file}: the sha256 must be ${must}, got ${got}`);
  }
  const config = configFromJson(await json("config.json"));
  const weightsIn = async (file: string) => {
    const tensors = new Map((await readSafetensors(path(file))).map((one) => [one.name, one.data]));
    return buildWeights(config, (tensor) => tensors.get(tensor)!);
  };
  const { examples: batch, counted, loss } = await json("batch.json");
  const weights = await weightsIn("weights.safetensors");
  const gradients = await weightsIn("gradients.safetensors");
  const after = await weightsIn("after-10.safetensors");
  const optimiser = await json("optimiser.json");
  return { name, config, weights, batch, counted, loss, gradients, optimiser, after };
}

/** Share of the largest gradient; for a tensor ten thousand times smaller it is 1e-9. */
const SHARE = 1e-13;

/**
 * Compares the loss, within 1e-9, and every gradient, within 1e-13 of the largest one, with
 * PyTorch.
 *
 * @returns the largest error over its bound
 */
export function checkGradientFixture(fixture: GradientFixture): number {
  const { loss, counted, gradients } = lossAndGradients(fixture, fixture.batch);
  const { name } = fixture;
  expectThat(counted === fixture.counted, `${name}: ${fixture.counted} must count, got ${counted}`);
  const error = expectClose(`${name}: the loss`, loss, fixture.loss, 1e-9 * fixture.loss);
  return Math.max(error, expectSame(name, gradients, fixture.gradients, SHARE));
}
