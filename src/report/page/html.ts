/** HTML as values: a template escapes its contents unless they are HTML already. */

/** Markup that needs no escaping. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The contents of a template; null, undefined and false are omitted. */
export type Content =
  | Html
  | string
  | number
  | bigint
  | null
  | undefined
  | false
  | readonly Content[];

/** Returns `` html`<b>${name}</b>` `` with the name escaped, for text and for quoted attributes. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(String.raw({ raw: parts }, ...contents.map(markup)));
}

function markup(content: Content): string {
  if (content instanceof Html) return content.text;
  if (content === null || content === undefined || content === false) return "";
  if (typeof content === "object") return content.map(markup).join("");
  return String(content).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Returns data for a script of the page; text in it cannot end the element. */
export function json(id: string, value: unknown): Html {
  const text = JSON.stringify(value).replaceAll("<", "\\u003c");
  return new Html(`<script type="application/json" id="${id}">${text}</script>`);
}
