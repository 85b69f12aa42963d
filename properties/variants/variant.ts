import type { Subject } from "../../src/subjects/subject.ts";

/** A correct engine or sampler that differs from the reference: no law may be broken by it. */
export interface Variant {
  readonly subject: Subject;
  /** The reason why it is correct. */
  readonly why: string;
}
