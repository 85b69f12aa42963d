/**
 * Process for one mutant: plants it, loads the laws, and tries each. Writes one line of JSON for
 * every {@link Message}. Without a mutant it tries the laws on the unchanged code.
 */
import { parseArgs } from "node:util";
import type { Detection } from "./large-trial.ts";
import { plant } from "./planting.ts";
import { startWatch } from "./reached.ts";
import { anyMutantById } from "./thresholds.ts";
import type { Trial } from "./trial.ts";

/** A law starts; its result; the first detection of a mutant with a threshold; true if the mutant's own text ran; an error of the worker. */
export type Message =
  | { readonly starts: string }
  | { readonly trial: Trial }
  | { readonly ran: boolean }
  | { readonly detection: Detection | null }
  | { readonly error: string };

const { values } = parseArgs({
  options: {
    mutant: { type: "string" },
    subject: { type: "string", default: "reference" },
    runs: { type: "string", default: "200" },
    seed: { type: "string", default: "42" },
    law: { type: "string", multiple: true },
    /** Large cases of each law in each dimension, until the first law that is broken. */
    large: { type: "string" },
    /** Stops at the first law that is broken. */
    first: { type: "boolean", default: false },
    /** Records which code runs, which takes twice the time. */
    watch: { type: "boolean", default: false },
  },
});

function send(message: Message): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function work(): Promise<void> {
  const mutant = values.mutant === undefined ? null : anyMutantById(values.mutant);
  const planting = mutant && plant(mutant);
  const watch = values.watch ? await startWatch() : null;
  const { subjectByName } = await import("../../src/subjects/registry.ts");
  const subject = await subjectByName(mutant?.subject ?? values.subject);
  const { laws } = await import("../../src/laws/index.ts");
  // Laws cannot detect a mutant in a file that neither they nor their subjects load.
  const visible = planting?.loaded() ?? true;
  const { seedOf } = await import("../../src/math/random.ts");
  const { trialsOf, tryLaw } = await import("./trial.ts");
  if (values.large !== undefined && mutant !== null) {
    const { firstDetection } = await import("./large-trial.ts");
    const options = { seed: Number(values.seed), large: Number(values.large) };
    const onLaw = (id: string) => send({ starts: id });
    const found = visible ? laws : [];
    const at = { file: mutant.file, threshold: mutant.threshold ?? 0 };
    send({ detection: await firstDetection(found, at, subject, options, onLaw) });
    return;
  }
  if (planting?.loaded() === false) throw new Error(`${mutant?.file}: nothing loads it`);
  for (const { law, most } of trialsOf(visible ? laws : [], mutant?.file)) {
    if (values.law?.includes(law.id) === false) continue;
    send({ starts: law.id });
    const seed = seedOf(law.id, Number(values.seed));
    const trial = await tryLaw(law, subject, { seed, runs: Math.min(most, Number(values.runs)) });
    if (trial !== null) send({ trial });
    if (trial !== null && trial.broken !== null && values.first) break;
  }
  if (planting !== null && watch !== null) send({ ran: await watch.hasRun(planting) });
}

await work().catch((error: Error) => {
  send({ error: error.stack ?? error.message });
  process.exitCode = 1;
});
