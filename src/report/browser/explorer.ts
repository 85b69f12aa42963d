/** The cost explorer: a form whose results the functions of cost/ compute in the browser. */
import type { NumberFormat } from "../../cost/devices.ts";
import { duration, grouped, si, significant } from "../../io/numbers.ts";
import { type Choice, type Explored, explore } from "../explore.ts";
import { type Content, type Html, html } from "../page/html.ts";
import { rooflinePlot } from "./roofline-plot.ts";

export function explorer(): void {
  const form = document.querySelector<HTMLFormElement>("#explorer form")!;
  const answer = document.querySelector<HTMLElement>("#explored")!;
  const controls = [...form.elements].filter(
    (element) => element instanceof HTMLInputElement || element instanceof HTMLSelectElement,
  );
  const chosen = new URLSearchParams(location.hash.slice(1));
  for (const control of controls) control.value = chosen.get(control.name) ?? control.value;

  const answerNow = () => {
    answer.innerHTML = answerTo(choiceOf(new FormData(form))).text;
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    const parts = controls.map(({ name, value }) => [name, value]);
    history.replaceState(null, "", `#${new URLSearchParams(parts)}`);
    answerNow();
  });
  form.hidden = false;
  answerNow();
  if (chosen.has("model")) form.scrollIntoView();
}

function choiceOf(form: FormData): Choice {
  const text = (name: string) => String(form.get(name));
  return {
    model: text("model"),
    device: text("device"),
    dtype: text("dtype") as NumberFormat,
    context: Number(text("context")),
    batch: Number(text("batch")),
    tp: Number(text("tp")),
  };
}

function answerTo(choice: Choice): Html {
  try {
    const explored = explore(choice);
    return html`<div>${memory(choice, explored)}${rooflinePlot(explored)}</div><div>${steps(explored)}</div>${commands(choice)}`;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return html`<p class="missing" role="alert">${error.message}</p>`;
  }
}

function memory({ dtype, batch, tp, context }: Choice, explored: Explored): Html {
  const { parameters, weightBytes, kvBytesPerToken, kvBytesPerSequence, fit } = explored;
  const fits = typeof fit.max_batch === "bigint" && fit.max_batch >= batch;
  const room =
    fit.max_batch === null
      ? html`<b class="bad">✗ ${fit.status}</b>`
      : html`<b class="${fits ? "good" : "bad"}">${fits ? "✓" : "✗"} ${grouped(fit.max_batch ?? 0n)}</b> <small>sequences of ${grouped(context)} tokens${tp > 1 && ` on ${tp} devices`}; the limit is ${String(fit.limiting_term).replaceAll("_", " ")}</small>`;
  return html`<table>
<caption>Memory</caption>
${fact("Parameters", html`${grouped(parameters)}<small>${si(weightBytes, "B")} in ${dtype}</small>`)}
${fact("Cache of one token", `${grouped(kvBytesPerToken)} B`)}
${fact("Cache of one sequence", html`${grouped(kvBytesPerSequence)} B<small>${si(kvBytesPerSequence, "B")}</small>`)}
${fact("Cache of the batch", html`${si(explored.kvBytesOfBatch, "B")}`)}
${fact("Largest batch", room)}
</table>`;
}

function fact(name: string, value: Content): Html {
  return html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`;
}

function steps({ steps, roofs }: Explored): Html {
  const row = (name: string, of: (step: Explored["steps"][number]) => Content) =>
    html`<tr><th scope="row">${name}</th>${steps.map((step) => html`<td class="number">${of(step)}</td>`)}</tr>`;
  const bytes = ({ step }: Explored["steps"][number]) =>
    step.bytes_weights + step.bytes_kv + step.bytes_act;
  return html`<table>
<caption>Prefill and decode</caption>
<thead><tr><td></td><th scope="col" class="number">prefill, the whole context</th><th scope="col" class="number">decode, one token</th></tr></thead>
<tbody>
${row("FLOPs", ({ step }) => si(step.flops, "FLOP"))}
${row("Bytes moved", (step) => si(bytes(step), "B"))}
${row("FLOPs per byte", ({ step }) => significant(step.ai as number))}
${row("– its attention alone", ({ attention }) => significant(attention.ai as number))}
${row("Limited by", ({ step }) => html`<b>${String(step.bound)}</b>`)}
${row("Least time", ({ seconds }) => duration(seconds))}
${row("Most tokens/s", ({ tokensPerS }) => significant(tokensPerS))}
</tbody></table>
<p>The ridge is at ${significant(roofs.flopsPerS / roofs.bytesPerS)} FLOPs per byte: less is
limited by memory, more by compute. Real kernels and networks are slower; these are bounds, not
forecasts.</p>`;
}

/** Returns the commands that print the same numbers in a terminal. */
function commands({ model, device, dtype, context, batch, tp }: Choice): Html {
  const shared = `--model ${model} --dtype ${dtype} --context ${context}`;
  return html`<pre tabindex="0">npx causalgate cost parameters --model ${model}
npx causalgate cost memory ${shared} --batch ${batch}
npx causalgate cost batch ${shared} --device ${device} --tp ${tp}
npx causalgate cost roofline ${shared} --device ${device} --batch ${batch}</pre>`;
}
