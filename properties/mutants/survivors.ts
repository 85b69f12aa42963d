/** Mutants that no law kills, each with the reason. */

export interface Survivor {
  /** `equivalent`: nothing that can be observed changes. `open`: something does, unseen as yet. */
  readonly status: "equivalent" | "open";
  readonly why: string;
}

export const survivors: Readonly<Record<string, Survivor>> = {};
