import type { Subject } from "../subjects/subject.ts";
import type { Canary } from "./canary.ts";

/** A canary whose decoders are built with a window that is off by `wider`. */
function windowCanary(diesOf: string, bug: string, wider: number): Canary {
  const infect = (subject: Subject): Subject => ({
    ...subject,
    name: `${subject.name} with a canary`,
    build: (model) => {
      const { slidingWindow: window } = model.config;
      const slidingWindow = window === null ? null : Math.max(1, window + wider);
      return subject.build!({ ...model, config: { ...model.config, slidingWindow } });
    },
  });
  return { bug, diesOf, infect };
}

/** Bugs of sliding windows. */
export const windowCanaries: readonly Canary[] = [
  windowCanary("P-WIN", "a window is one token too wide", 1),
  windowCanary("P-WIN-FULL", "a window is one token too narrow", -1),
];
