/** The mutants that no law detects, each with the reason. */

export interface Survivor {
  /** `equivalent`: no observable value changes. `open`: one does, and no law detects it yet. */
  readonly status: "equivalent" | "open";
  readonly why: string;
}

export const survivors: Readonly<Record<string, Survivor>> = {
  "position-shifted-everywhere": {
    status: "equivalent",
    why: "a rotated query times a rotated key depends on the distance of their positions alone, so that every score is the same in exact arithmetic; learned and sinusoidal positions are added elsewhere",
  },
  "draw-includes-the-end": {
    status: "equivalent",
    why: "the intervals of the draw are closed on the other side: the tokens are others only where u equals a cumulative sum exactly, so that no token's probability changes by more than the grid of u, 2^-53",
  },
};

/** Reasons for bugs with a threshold that no law detects, by the id of the mutant. */
export const thresholdSurvivors: Readonly<Record<string, string>> = {};
