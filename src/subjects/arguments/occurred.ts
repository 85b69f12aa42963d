/** The values and the pairs of values that occurred in calls. */
import { classesOf, type Operation } from "./argument.ts";

/** The end of a call: it returned a result, or it threw an error. */
type End = "returned" | "refused";

/** Returns the name of a class of an argument, as the counts list it. */
export const labelOf = (argument: string, name: string) => `${argument}: ${name}`;

/** The class of a value that belongs to none. */
export const noClass = "none of the classes";

/** Returns the name of a pair of classes of two arguments. */
export const pairOf = (first: string, second: string) => `${first}, ${second}`;

const separator = "\n";

/** The classes of the arguments of calls, by operation. */
export class OccurredArguments {
  /** Combinations of classes of calls that returned, joined: there are few among many calls. */
  readonly #combinations = new Map<string, Set<string>>();
  readonly #refused = new Map<string, Set<string>>();
  readonly #accepted = new Map<string, Set<string>>();

  /**
   * Counts a call. One with legal arguments counts for each of its values and each pair of them, if
   * it returned; one with exactly one illegal argument counts for that class.
   */
  add<Call>(operation: Operation<Call>, call: Call, end: End): void {
    const classes = classesOf(operation, call);
    const labels = (some: typeof classes) =>
      some.map(({ argument, name }) => labelOf(argument, name ?? noClass));
    const illegal = classes.filter(({ isLegal }) => !isLegal);
    if (illegal.length === 1) {
      add(end === "refused" ? this.#refused : this.#accepted, operation.name, labels(illegal)[0]);
    }
    if (illegal.length > 0 || end === "refused") return;
    add(this.#combinations, operation.name, labels(classes).join(separator));
  }

  /** Returns the values and pairs of values of the calls of an operation that returned. */
  occurred(operation: string): Set<string> {
    const found = new Set<string>();
    for (const combination of this.#combinations.get(operation) ?? []) {
      const labels = combination.split(separator);
      for (const [i, first] of labels.entries()) {
        found.add(first);
        for (const second of labels.slice(i + 1)) found.add(pairOf(first, second));
      }
    }
    return found;
  }

  /** Returns the illegal values that an operation refused, each as the only one of a call. */
  refused(operation: string): ReadonlySet<string> {
    return this.#refused.get(operation) ?? new Set();
  }

  /** Returns the illegal values that an operation accepted. */
  accepted(operation: string): ReadonlySet<string> {
    return this.#accepted.get(operation) ?? new Set();
  }
}

function add(sets: Map<string, Set<string>>, operation: string, label: string): void {
  const labels = sets.get(operation) ?? new Set<string>();
  sets.set(operation, labels.add(label));
}
