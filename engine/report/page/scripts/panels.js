// What stands around the grid: the header, the threshold, the batch's health, the run, and help.

function Header({ theme, setTheme, verdicts, exportVerdicts, importVerdicts, help }) {
  const file = useRef(null);
  const when = new Date(data.started);
  return html`<header class="top">
    <div><h1>${plural(data.images, "photo", "photos")}</h1>
      <p class="faint">${data.tool}, ${Number.isNaN(when.getTime()) ? "" : when.toLocaleString()}
        ${data.skipped.length > 0 &&
          html`, <a href="#skipped">${data.skipped.length} left out</a>`}</p></div>
    <div class="actions">
      <span class="faint mine">${verdicts.size
        ? plural(verdicts.size, "verdict", "verdicts") : "No verdict"} of yours</span>
      <button type="button" class="primary" disabled=${verdicts.size === 0}
        onClick=${exportVerdicts}>Export CSV</button>
      <button type="button" onClick=${() => file.current.click()}>Import</button>
      <input type="file" class="hidden" tabIndex="-1" ref=${file} accept=".csv,text/csv"
        aria-label="Verdicts to import" onChange=${(event) => importVerdicts(event.target)} />
      <label class="theme"><span class="hidden">Colours</span><select value=${theme}
        onChange=${(event) => setTheme(event.target.value)}>
        <option value="auto">Auto</option><option value="light">Light</option>
        <option value="dark">Dark</option></select></label>
      <button type="button" aria-label="Help: keys" title="Help (?)" onClick=${help}>?</button>
    </div>
  </header>`;
}

// rescored says that ranks and verdicts go by different scores.
const rescored = photos.some((photo) => photo.score !== photo.before);

function Estimate() {
  const { why, notes, method } = data.thresholds;
  if (why) {
    return html`<p class="note"><strong>No verdicts.</strong> <${Sentence} text=${why} /></p>`;
  }
  return html`${rescored && html`<p class="note">Verdicts go by the scores shown, those before RsCIN;
      ranks go by those after it.</p>`}
    ${(notes || []).map((note, i) => html`<p class="note" key=${i}><${Sentence} text=${note} /></p>`)}
    ${!(notes || []).length && method && html`<p class="note">
      The threshold comes from <code>--threshold ${method}</code>.</p>`}`;
}

const findingNames = { duplicates: "Duplicates", near_duplicates: "Near duplicates",
  strangers: "Something else", mixture: "Several products", drift: "Drift",
  shared_defect: "A shared defect" };

const byName = new Map(photos.map((photo) => [photo.name, photo]));
const mostListed = 200;
const mostGroups = 20;

// More is a list that is made when it is opened, and not longer than people read.
function More({ summary, list, open, id, children }) {
  const [opened, setOpened] = useState(!!open);
  const left = list.length - mostListed;
  return html`<details id=${id} open=${opened} onToggle=${(event) => setOpened(event.target.open)}>
    <summary>${summary}</summary>
    ${opened && children(list.slice(0, mostListed))}
    ${opened && left > 0 && html`<p class="faint">and ${left.toLocaleString("en")} more, which
      run.json lists</p>`}
  </details>`;
}

// Names are photos as buttons that open them; those that the page does not have are plain.
function Names({ names, open }) {
  return html`<ul class="names">${names.map((name, i) => html`<li key=${i}>${byName.has(name)
    ? html`<button type="button" class="link"
      onClick=${() => open(byName.get(name))}><bdi>${name}</bdi></button>`
    : html`<bdi>${name}</bdi>`}</li>`)}</ul>`;
}

function Finding({ finding, open }) {
  const groups = finding.groups || [];
  const name = findingNames[finding.kind] || finding.kind;
  return html`<div class="finding">
    <p><${Mark} of="review" /><span><strong>${name}.</strong>${" "}
      <${Sentence} text=${finding.text} /></span></p>
    ${groups.slice(0, mostGroups).map((names, i) => html`<${More} key=${i} list=${names}
      summary=${(groups.length > 1 ? `Group ${i + 1}: ` : "") +
        plural(names.length, "photo", "photos")}>
      ${(some) => html`<${Names} names=${some} open=${open} />`}<//>`)}
    ${groups.length > mostGroups && html`<p class="faint">and ${groups.length - mostGroups} more groups,
      which run.json lists</p>`}
  </div>`;
}

function Health({ open }) {
  const said = data.findings.length + data.warnings.length;
  return html`<section class="health panel" aria-labelledby="health">
    <h2 id="health">Is the batch fit?</h2>
    ${said === 0 && html`<p class="ok"><${Mark} of="good" />
      <span>Nothing was found that speaks against it.</span></p>`}
    ${data.findings.map((finding, i) => html`<${Finding} key=${i} finding=${finding} open=${open} />`)}
    ${data.warnings.map((text, i) => html`<p class="finding" key=${"w" + i}><${Mark} of="review" />
      <span><${Sentence} text=${text} /></span></p>`)}
  </section>`;
}

// commandLine is the command as a shell reads it.
const commandLine = data.command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word
  : "'" + word.replaceAll("'", "'\\''") + "'")).join(" ");

const facts = data.run.filter((one) => one.name !== "command" || !commandLine);

function About() {
  return html`<footer class="about">
    ${data.skipped.length > 0 && html`<${More} id="skipped" open=${data.skipped.length <= 5}
      list=${data.skipped} summary=${`${plural(data.skipped.length, "photo", "photos")} left out`}>
      ${(some) => html`<table><thead><tr><th scope="col">Photo</th><th scope="col">Why</th></tr></thead>
        <tbody>${some.map((one, i) => html`<tr key=${i}><td><bdi>${one.path}</bdi></td>
          <td>${one.reason}</td></tr>`)}</tbody></table>`}<//>`}
    <details><summary>How it was scored</summary>
      <table class="run"><tbody>${facts.map((one, i) => html`<tr key=${i}>
        <th scope="row">${one.name}</th><td>${one.value}</td></tr>`)}</tbody></table>
      ${data.command.length > 0 && html`<p class="command"><code>${commandLine}</code>
        <${Copy} text=${commandLine} what="command" /></p>`}
    </details></footer>`;
}

const keys = [["j →", "next photo"], ["k ←", "previous photo"],
  ["↑ ↓", "a row up or down, in the grid"],
  ["Enter", "open the photo"], ["Esc", "close it"], ["g", "good"], ["d", "defective"], ["u", "unsure"],
  ["⌫", "take your verdict back"], ["o", "map on or off"], ["r", "regions on or off"],
  ["n", "nearest good photo on or off"], ["z", "zoom at the highest peak, or where you click"],
  ["/", "search names"], ["?", "these keys"]];

function Help({ close }) {
  const dialog = useRef(null);
  useLayoutEffect(() => dialog.current.showModal(), []);
  return html`<dialog class="help" ref=${dialog} onClose=${close} aria-labelledby="help">
    <header><h2 id="help">Keys</h2><button type="button" class="close" aria-label="Close"
      onClick=${close}>×</button></header>
    <dl>${keys.map(([key, what]) => html`<div key=${key}>
      <dt>${key.split(" ").map((k) => html`<kbd key=${k}>${k}</kbd>`)}</dt>
      <dd>${what}</dd></div>`)}</dl>
    <p class="faint">${server ? "Your verdicts are saved in the output folder as you give them."
      : "Your verdicts stay in this browser. Export them to hand them on, or for musc score " +
        "--threshold labels:verdicts.csv."}</p>
  </dialog>`;
}
