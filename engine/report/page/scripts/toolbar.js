// The bar above the grid: counts that filter, order, search, and how the maps are drawn.

function Counts({ levels, filter, setFilter }) {
  const count = counts(levels);
  const one = (verdict, name, number) => html`<button type="button" class=${"count " + verdict}
    aria-pressed=${filter.verdict === verdict} data-count=${verdict || "all"}
    onClick=${() => setFilter({ verdict: filter.verdict === verdict ? "" : verdict })}>
    ${verdict && html`<${Mark} of=${verdict} />`}
    <b>${number.toLocaleString("en")}</b> ${name}</button>`;
  return html`<div class="counts" role="group" aria-label="Show photos by verdict">
    ${one("", "all", befores.length)}
    ${levels && ["defective", "review", "good"].map((verdict) =>
      one(verdict, verdictNames[verdict].toLowerCase(), count[verdict]))}
  </div>`;
}

function Choice({ label, value, set, options }) {
  return html`<label class="choice"><span>${label}</span><select value=${value}
    onChange=${(event) => set(event.target.value)}>
    ${options.map(([key, name]) => html`<option key=${key} value=${key}>${name}</option>`)}
  </select></label>`;
}

const mineOptions = [["", "Any"], ["none", "None yet"], ["good", "Good"], ["defective", "Defective"],
  ["unsure", "Unsure"], ["differs", "Unlike musc's"]];

function Toolbar({ levels, filter, setFilter, view, setView, shown, search }) {
  const said = [];
  if (shown < photos.length || data.images > photos.length) {
    said.push(`${plural(shown, "photo", "photos")} shown`);
  }
  if (data.images > photos.length) {
    said.push(`of the ${photos.length.toLocaleString("en")} most and least anomalous; the counts and the ` +
      `histogram are of all ${data.images.toLocaleString("en")}`);
  }
  return html`<div class="toolbar">
    <${Counts} levels=${levels} filter=${filter} setFilter=${setFilter} />
    <div class="filters">
      <${Choice} label="Sort" value=${filter.order} set=${(order) => setFilter({ order })}
        options=${Object.entries(orders).map(([key, [name]]) => [key, name])} />
      <${Choice} label="Your verdict" value=${filter.mine} set=${(mine) => setFilter({ mine })}
        options=${mineOptions} />
      <input type="search" ref=${search} placeholder="Search names" aria-label="Search names"
        value=${filter.text} onInput=${(event) => setFilter({ text: event.target.value })} />
      <${ViewControls} view=${view} setView=${setView} />
    </div>
    <p class="shown faint">${said.join(" ")}</p>
  </div>`;
}
