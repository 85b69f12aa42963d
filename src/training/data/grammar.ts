/**
 * A small probabilistic grammar over the 20 words of the model `tiny`. Sentences follow one
 * another, "and" between them:
 *
 *     the small cat sat on the small mat and a dog runs with a cat in a house and ...
 *
 * The subject determines the whole sentence, over up to ten words: every article is that of the
 * subject ("the" or "a"), every noun has its adjective ("small", "big" or none), and a second
 * animal is the other one. A subject without adjective may be small or big: "the cat is big". Verb
 * and preposition determine the words that may follow.
 *
 * The previous words determine the state, and a state and the next word determine the next state,
 * so the grammar is a Markov chain whose entropy is known exactly.
 */
import type { Random } from "../../math/random.ts";

type Animal = "cat" | "dog";

/** The state after the previous words; null for what is not determined yet. */
interface State {
  readonly article: "the" | "a" | null;
  readonly size: "small" | "big" | null;
  readonly subject: Animal | null;
  /** The word that the next one depends on: the last one, or the preposition. */
  readonly after: string;
  /** The next part of the noun phrase; null outside a noun phrase. */
  readonly expects: "article" | "size" | "noun" | null;
}

interface Branch {
  readonly word: string;
  readonly probability: number;
  readonly next: State;
}

const START: State = { article: null, size: null, subject: null, after: "and", expects: null };

type Choice = Readonly<Record<string, number>>;

const articles: Choice = { the: 0.6, a: 0.4 };
/** The adjective of a subject, or its noun if it has none. */
const sizesAndAnimals: Choice = { small: 0.25, big: 0.2, cat: 0.3, dog: 0.25 };
const animals: Choice = { cat: 0.55, dog: 0.45 };
const verbs: Choice = { sat: 0.3, is: 0.2, runs: 0.2, jumps: 0.15, eats: 0.15 };

/** The words that may follow a verb. */
const prepositions: Readonly<Record<string, Choice>> = {
  sat: { on: 0.6, under: 0.25, in: 0.15 },
  is: { in: 0.5, under: 0.3, on: 0.2 },
  runs: { with: 0.5, in: 0.3, under: 0.2 },
  jumps: { over: 1 },
  eats: { with: 0.5, in: 0.3, under: 0.2 },
};

/** The same for a subject without adjective. */
const isWithoutSize: Choice = { in: 0.3, under: 0.2, on: 0.1, small: 0.2, big: 0.2 };

/** The nouns after a preposition; "other" is the animal that is not the subject. */
const nouns: Readonly<Record<string, Choice>> = {
  on: { mat: 0.7, tree: 0.2, house: 0.1 },
  in: { house: 0.8, tree: 0.2 },
  under: { tree: 0.7, house: 0.3 },
  over: { mat: 0.4, other: 0.35, tree: 0.25 },
  with: { other: 1 },
};

/** The words that may follow the other animal after "with". */
const afterCompany: Choice = { and: 0.6, in: 0.25, under: 0.15 };

const isOneOf = (word: string, words: object) => Object.hasOwn(words, word);

/** Returns the possible next words, each with its probability and the next state. */
function branchesOf(state: State): Branch[] {
  const { article, size, subject, after, expects } = state;
  const choose = (choice: Choice, next: (word: string) => Partial<State>): Branch[] =>
    Object.entries(choice).map(([word, probability]) => {
      return { word, probability, next: { ...state, ...next(word) } };
    });
  if (expects === "article") {
    return choose({ [article!]: 1 }, () => ({ expects: size === null ? "noun" : "size" }));
  }
  if (expects === "size") return choose({ [size!]: 1 }, () => ({ expects: "noun" }));
  if (expects === "noun") {
    const next = { after: after === "with" ? "company" : "end", expects: null };
    return choose(nounsAfter(after, subject!), () => next);
  }
  switch (after) {
    case "and":
      return choose(articles, (word) => ({ article: word as "the" | "a", after: "article" }));
    case "article":
      return choose(sizesAndAnimals, (word) => (isOneOf(word, animals) ? isAbout(word) : is(word)));
    case "size":
      return choose(animals, isAbout);
    case "subject":
      return choose(verbs, (word) => ({ after: word }));
    case "company":
      return choose(afterCompany, follow);
    case "end":
      return choose({ and: 1 }, follow);
    default:
      return choose(after === "is" && size === null ? isWithoutSize : prepositions[after], follow);
  }
}

const isAbout = (word: string) => ({ subject: word as Animal, after: "subject" });

const is = (word: string) => ({ size: word as "small" | "big", after: "size" });

/** The state after a preposition, an adjective after "is", or the end of the sentence. */
function follow(word: string): Partial<State> {
  if (word === "and") return START;
  return isOneOf(word, nouns) ? { after: word, expects: "article" } : { after: "end" };
}

function nounsAfter(preposition: string, subject: Animal): Choice {
  const { other, ...things } = nouns[preposition];
  if (other === undefined) return things;
  return { ...things, [subject === "cat" ? "dog" : "cat"]: other };
}

/**
 * Returns true if the words can begin a row: complete sentences, the last of which may be
 * unfinished.
 */
export function isGrammatical(words: readonly string[]): boolean {
  return logProbability(words) > Number.NEGATIVE_INFINITY;
}

/** Returns the natural logarithm of the probability that a row begins with these words. */
export function logProbability(words: readonly string[]): number {
  let state = START;
  let sum = 0;
  for (const word of words) {
    const branch = branchesOf(state).find((candidate) => candidate.word === word);
    if (branch === undefined) return Number.NEGATIVE_INFINITY;
    sum += Math.log(branch.probability);
    state = branch.next;
  }
  return sum;
}

/** Draws the first `length` words of a row. */
export function drawWords(length: number, random: Random): string[] {
  let state = START;
  return Array.from({ length }, () => {
    let left = random();
    const branches = branchesOf(state);
    const branch = branches.find(({ probability }) => {
      left -= probability;
      return left < 0;
    });
    const { word, next } = branch ?? branches.at(-1)!;
    state = next;
    return word;
  });
}

/**
 * Returns the entropy of a row's words after the first, in nats per word: the mean over t of
 * `H(word t | all words before it)`, which is the sum over states of the probability of the state
 * after t words times the entropy of the next word. No model has a lower expected loss on rows of
 * this length. The first word is not included, as nothing is predicted before it.
 *
 * @param length number of words in a row, at least 2
 * @see Cover and Thomas 2006, "Elements of Information Theory", theorem 4.2.4
 */
export function sentenceEntropy(length: number): number {
  let reached = [{ state: START, mass: 1 }];
  let sum = 0;
  for (let t = 0; t < length; t++) {
    const after = new Map<string, { state: State; mass: number }>();
    for (const { state, mass } of reached) {
      for (const { probability, next } of branchesOf(state)) {
        const share = mass * probability;
        if (t > 0) sum -= share * Math.log(probability);
        const key = Object.values(next).join();
        after.set(key, { state: next, mass: (after.get(key)?.mass ?? 0) + share });
      }
    }
    reached = [...after.values()];
  }
  return sum / (length - 1);
}
