/** The form of the cost explorer; the page's script shows the results. */
import { bytesOfFormat, devices } from "../../cost/devices.ts";
import { namedModels } from "../../model/named/registry.ts";
import { type Content, type Html, html } from "./html.ts";

/** The choice when the page opens. */
const first = { model: "llama-3-8b", device: "h100-sxm", dtype: "bf16", context: 8192, batch: 16 };

export function explorerSection(): Html {
  const models = namedModels.map(({ name, title }) => option(name, title, first.model));
  const places = devices.map(({ name, title }) => option(name, title, first.device));
  const formats = Object.keys(bytesOfFormat).map((name) => option(name, name, first.dtype));
  return html`<section id="explorer">
<hgroup><h2>Cost explorer</h2>
<p>Exact counts from a configuration alone, by the functions that write the
tables, and the roofs in the datasheets of the devices.</p></hgroup>
<noscript><p class="missing">
This part needs its script. In a terminal: <code>npx causalgate cost --help</code>.
</p></noscript>
<form hidden>
${field("Model", html`<select name="model">${models}</select>`)}
${field("Device", html`<select name="device">${places}</select>`)}
${field("Precision", html`<select name="dtype">${formats}</select>`)}
${field("Context, tokens", number("context", first.context))}
${field("Batch, sequences", number("batch", first.batch))}
${field("Devices that split it", number("tp", 1))}
</form>
<div id="explored" class="pair" aria-live="polite"></div>
</section>`;
}

function field(name: string, control: Html): Html {
  return html`<label>${name}${control}</label>`;
}

function number(name: string, value: number): Html {
  return html`<input type="number" name="${name}" value="${value}" min="1" step="1" inputmode="numeric">`;
}

function option(value: string, title: Content, chosen: string): Html {
  return html`<option value="${value}"${value === chosen && html` selected`}>${title}</option>`;
}
