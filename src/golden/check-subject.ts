/** Comparison of a subject with every fixture that suits it. */
import { NotOffered } from "../decoder.ts";
import { configToJson } from "../model/config.ts";
import type { LogitsSubject } from "../subjects/subject.ts";
import { viewOf } from "../subjects/views.ts";
import { noiseFloor } from "../tolerance/noise.ts";
import { checkChoices, checkCompletions, checkGolden, type GoldenVerdict } from "./check.ts";
import type { GoldenEngine } from "./engine.ts";
import type { EngineFixture, Fixture, ModelFixture } from "./format.ts";

/** A verdict, or the reason why the subject could not be compared with the fixture. */
export type SubjectVerdict =
  | { readonly fixture: Fixture; readonly verdict: GoldenVerdict; readonly notOffered: null }
  | { readonly fixture: Fixture; readonly verdict: null; readonly notOffered: string };

/** Compares a subject with a fixture; an engine that does not offer it is no error. */
export async function checkSubject(
  engine: GoldenEngine,
  fixture: Fixture,
): Promise<SubjectVerdict> {
  try {
    return { fixture, verdict: await verdictOf(engine, fixture), notOffered: null };
  } catch (error) {
    if (!(error instanceof NotOffered)) throw error;
    return { fixture, verdict: null, notOffered: error.message };
  }
}

async function verdictOf(engine: GoldenEngine, fixture: Fixture): Promise<GoldenVerdict> {
  const { name } = engine.subject;
  if (engine.kind === "model" && fixture.kind === "model") {
    await using decoder = engine.build(fixture.model);
    return await checkGolden(fixture, decoder, allowedOf(engine.subject, fixture));
  }
  if (engine.kind === "engine" && fixture.kind === "engine") {
    checkConfig(name, engine.decoder.config, fixture);
    return checkGolden(fixture, engine.decoder);
  }
  if (engine.kind === "completions" && fixture.kind === "completions") {
    return checkCompletions(fixture, engine.complete);
  }
  const view = viewOf(engine.subject, "choice");
  if (fixture.kind === "choice" && view !== null) return checkChoices(fixture, view);
  const offers = {
    model: "logits of any model",
    engine: "logits of its own model",
    completions: "completions and no logits",
    choice: "functions of a sampler and no logits",
  };
  const offered = offers[engine.kind];
  throw new NotOffered(`${name} offers ${offered}, and the fixture is of kind ${fixture.kind}`);
}

/**
 * The tolerance of the fixture, which is that of float64, and in another arithmetic its noise too.
 * An engine that is compared with its own recording has to repeat that within its tolerance.
 */
function allowedOf(subject: LogitsSubject, { manifest, model }: ModelFixture): number {
  const { name, noise, headroom } = subject;
  if (noise === null || manifest.by === name) return manifest.tolerance;
  return manifest.tolerance + headroom * noiseFloor(model, noise);
}

function checkConfig(who: string, config: EngineFixture["config"], fixture: EngineFixture): void {
  const [got, must] = [configToJson(config), configToJson(fixture.config)];
  const field = Object.keys({ ...got, ...must }).find(
    (key) => JSON.stringify(got[key]) !== JSON.stringify(must[key]),
  );
  if (field === undefined) return;
  const values = `${JSON.stringify(must[field])}, got ${JSON.stringify(got[field])}`;
  throw new RangeError(`golden: ${fixture.name}: ${field} of ${who} must be ${values}`);
}
