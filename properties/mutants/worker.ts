/**
 * One process for one mutant: plants it, then loads the laws, and tries each. Writes one line of JSON
 * for every {@link Message}. Without a mutant it tries the laws on the code as it is.
 */
import { parseArgs } from "node:util";
import { mutantById } from "./index.ts";
import { plant } from "./planting.ts";
import { ranAtAll, watchCode } from "./reached.ts";
import type { Trial } from "./trial.ts";

/** What a worker says: which law it begins, what came of it, and at the end whether the mutant ran. */
export type Message =
  | { readonly starts: string }
  | Trial
  | { readonly ran: boolean }
  | { readonly error: string };

/** So many cases of each law show whether a survivor runs at all. */
const casesToReach = 30;

const { values } = parseArgs({
  options: {
    mutant: { type: "string" },
    subject: { type: "string", default: "reference" },
    runs: { type: "string", default: "200" },
    seed: { type: "string", default: "42" },
    law: { type: "string", multiple: true },
    first: { type: "boolean", default: false },
  },
});

const say = (message: Message) => process.stdout.write(`${JSON.stringify(message)}\n`);

async function work(): Promise<void> {
  const mutant = values.mutant === undefined ? null : mutantById(values.mutant);
  const planting = mutant && plant(mutant);
  const { subjectByName } = await import("../../src/subjects.ts");
  const { trials, tryLaw } = await import("./trial.ts");
  const subject = subjectByName(mutant?.subject ?? values.subject);
  const chosen = trials.filter(({ law }) => values.law?.includes(law.code) ?? true);
  const seed = Number(values.seed);
  let killed = false;
  for (const { law, most } of chosen) {
    say({ starts: law.code });
    const trial = await tryLaw(law, subject, { seed, runs: Math.min(most, Number(values.runs)) });
    if (trial !== null) say(trial);
    killed ||= trial !== null && trial.broken !== null;
    if (killed && values.first) break;
  }
  if (planting === null) return;
  if (!planting.loaded()) throw new Error(`${mutant?.file}: must be loaded by some law or check`);
  if (killed) return say({ ran: true }) as unknown as void;
  const watch = await watchCode();
  for (const { law, most } of chosen) {
    await tryLaw(law, subject, { seed, runs: Math.min(most, casesToReach) });
  }
  say({ ran: ranAtAll(await watch(), planting) });
}

await work().catch((error: Error) => {
  say({ error: error.stack ?? error.message });
  process.exitCode = 1;
});
