// One photo, large: its map, its regions, its nearest good photo, and the evidence.

function Regions({ regions, lit, light }) {
  if (!regions.length) {
    return null;
  }
  return html`<section aria-label="Regions"><h3>${plural(regions.length, "region", "regions")}</h3>
    <div class="scroll" tabIndex="0" role="group" aria-label="Table of regions"><table class="regions">
      <thead><tr><th scope="col">#</th><th scope="col">peak</th><th scope="col">area, px</th>
        <th scope="col">box: left, top, width × height</th></tr></thead>
      <tbody>${regions.map((r, i) => html`<tr key=${i} class=${lit === i ? "lit" : ""}
        onMouseEnter=${() => light(i)} onMouseLeave=${() => light(-1)}>
        <th scope="row"><button type="button" class="quiet" aria-label=${`Show region ${i + 1}`}
          onFocus=${() => light(i)} onBlur=${() => light(-1)}>${i + 1}</button></th>
        <td>${number(r.peak)}</td><td>${r.area.toLocaleString("en")}</td>
        <td>${r.x}, ${r.y}, ${r.width} × ${r.height}</td></tr>`)}</tbody>
    </table></div></section>`;
}

// Drawing lies over the photo: outlines and boxes of the regions, and letters at the peaks.
function Drawing({ photo, regions, lit, peaks }) {
  const area = areaOf(photo);
  const box = (r) => ({ left: `${100 * (r.x - area.x) / area.width}%`,
    top: `${100 * (r.y - area.y) / area.height}%`, width: `${100 * r.width / area.width}%`,
    height: `${100 * r.height / area.height}%` });
  return html`
    ${regions.length > 0 && html`<svg class="outlines" aria-hidden="true" preserveAspectRatio="none"
      viewBox=${`0 0 ${regions[0].mapWidth} ${regions[0].mapHeight}`}>
      ${["under", "over"].map((layer) => regions.map((r, i) => html`<path key=${layer + i}
        class=${layer + (lit === i ? " lit" : "")} d=${r.outline} />`))}</svg>`}
    ${regions.map((r, i) => html`<span key=${"box" + i} class=${"region" + (lit === i ? " lit" : "")}
      style=${box(r)} aria-hidden="true"><b>${i + 1}</b></span>`)}
    ${peaks.map((evidence, i) => {
      const place = patchPlace(photo, evidence.patch);
      return html`<b key=${"peak" + i} class="letter place" aria-hidden="true"
        style=${{ left: `${100 * place.x}%`, top: `${100 * place.y}%` }}>${letter(i)}</b>`;
    })}`;
}

function Toggle({ checked, set, children }) {
  return html`<label class="toggle"><input type="checkbox" checked=${checked}
    onChange=${(event) => set(event.target.checked)} />${children}</label>`;
}

// useZoom is where the pictures are zoomed, for both alike, and what of a mouse changes it: a click
// zooms there or back, and the pictures move along.
function useZoom(photo) {
  const [zoom, setZoom] = useState(null);
  useLayoutEffect(() => setZoom(null), [photo]);
  const place = (event) => {
    const box = event.currentTarget.querySelector(".mapped").getBoundingClientRect();
    const share = (value) => Math.min(Math.max(value, 0), 1);
    return { x: share((event.clientX - box.left) / box.width),
      y: share((event.clientY - box.top) / box.height) };
  };
  const mouse = {
    onClick(event) {
      if (event.target.closest(".mapped")) {
        setZoom(zoom ? null : place(event));
      }
    },
    onPointerMove(event) {
      if (zoom && (event.pointerType === "mouse" || event.buttons)) {
        setZoom(place(event));
      }
    },
  };
  return [zoom, setZoom, mouse];
}

function highestPatch(photo) {
  const bytes = patchBytes(photo);
  return bytes ? bytes.indexOf(Math.max(...bytes)) : 0;
}

function ViewControls({ view, setView, regions, beside }) {
  return html`<div class="view" role="group" aria-label="What is drawn">
    <${Toggle} checked=${view.overlay} set=${(overlay) => setView({ overlay })}>Map <kbd>o</kbd><//>
    <label class="strength">Strength <input type="range" min="0.1" max="1" step="0.05"
      value=${view.strength} disabled=${!view.overlay}
      onInput=${(event) => setView({ strength: event.target.valueAsNumber })} /></label>
    ${regions && html`<${Toggle} checked=${view.outlines} set=${(outlines) => setView({ outlines })}>
      Regions <kbd>r</kbd><//>`}
    ${beside && html`<${Toggle} checked=${view.beside} set=${(beside) => setView({ beside })}>
      Nearest good photo <kbd>n</kbd><//>`}
  </div>`;
}

// largePicture is the photo itself where musc view serves it, else the picture in the page.
function largePicture(photo) {
  return server ? `/photo/${photo.index}` : photo.picture && address(photo.picture);
}

const printedStage = [680, 380]; // of a sheet of paper

function Large({ photo, place, count, answer, actions, view, setView, pixels, levels, printing }) {
  const dialog = useRef(null);
  const stage = useRef(null);
  const size = useSize(stage);
  const [width, height] = printing ? printedStage : size;
  const [lit, light] = useState(-1);
  const regions = useMemo(() => regionsOf(photo, levels), [photo, levels]);
  const peaks = photo.evidence || [];
  const nearest = photos[photo.nearest];
  const verdict = verdictOf(photo.before, levels);
  const [zoom, setZoom, mouse] = useZoom(photo);
  useKeys((key) => {
    if (key !== "z") {
      return false;
    }
    setZoom(zoom ? null : patchPlace(photo, highestPatch(photo)));
    return true;
  });
  useLayoutEffect(() => {
    dialog.current.showModal();
    dialog.current.focus();
  }, []);
  useLayoutEffect(() => {
    light(-1);
    dialog.current.scrollTop = 0;
  }, [photo]);

  const beside = view.beside && nearest;
  const row = width >= 620;
  const boxWidth = beside && row ? (width - gap) / 2 : width;
  const boxHeight = row ? height - 26 : Math.max(240, window.innerHeight * 0.6);
  const mapped = (of, label, children) => html`<${Mapped} key=${of.index} photo=${of}
    src=${largePicture(of)} width=${boxWidth} height=${boxHeight} view=${view} pixels=${pixels}
    label=${label} zoom=${zoom}>${children}<//>`;
  return html`<dialog class="large" ref=${dialog} tabIndex="-1" aria-labelledby="large-name"
    onClose=${actions.close}>
    <header>
      <div class="steps">
        <button type="button" aria-label="Previous photo" title="Previous (k, ←)"
          disabled=${place <= 0} onClick=${() => actions.move(-1)}>‹</button>
        <span class="faint">${place + 1} of ${count}</span>
        <button type="button" aria-label="Next photo" title="Next (j, →)"
          disabled=${place >= count - 1} onClick=${() => actions.move(1)}>›</button>
      </div>
      <h2 id="large-name" title=${photo.name}><bdi>${photo.name}</bdi></h2>
      <${Chip} verdict=${verdict} />
      <${Answers} photo=${photo} answer=${answer} set=${actions.answer} labels />
      <button type="button" class="close" aria-label="Close" title="Close (Esc)"
        onClick=${actions.close}>×</button>
    </header>
    <div class="content">
      <div class="pictures">
        <${ViewControls} view=${view} setView=${setView} regions beside=${!!nearest} />
        <div class=${"stage " + (row ? "row" : "column")} ref=${stage}>
          <figure ...${mouse}>${mapped(photo, photo.name, html`<${Drawing} photo=${photo} lit=${lit}
            regions=${view.outlines ? regions : []} peaks=${view.outlines ? peaks : []} />`)}
            <figcaption>This photo</figcaption></figure>
          ${beside && html`<figure ...${mouse}>${mapped(nearest, nearest.name)}
            <figcaption>Nearest good photo: <button type="button" class="link"
              onClick=${() => actions.open(nearest)}><bdi>${shortName(nearest.name, 32)}</bdi></button>
              ${" "}${number(nearest.before)}</figcaption></figure>`}
        </div>
      </div>
      <aside aria-label="Why">
        <${Facts} photo=${photo} levels=${levels} />
        <${Regions} regions=${regions} lit=${lit} light=${light} />
        ${peaks.length > 0 && html`<section><h3>Why</h3>
          ${peaks.map((evidence, i) => html`<${Peak} key=${i} evidence=${evidence} place=${i}
            open=${actions.open} />`)}</section>`}
      </aside>
    </div>
  </dialog>`;
}

function Facts({ photo, levels }) {
  const margin = levels && photo.before - levels.threshold;
  const ranked = photo.score !== photo.before ? ` (${number(photo.score)} after RsCIN)` : "";
  return html`<section class="facts">
    <dl>
      <div><dt>Score</dt><dd>${number(photo.before)}${ranked}</dd></div>
      <div><dt>Rank</dt><dd>${photo.rank} of ${data.images.toLocaleString("en")}</dd></div>
      ${levels && html`<div><dt>Margin</dt>
        <dd>${(margin < 0 ? "−" : "+") + number(Math.abs(margin))}</dd></div>`}
      <div><dt>Size</dt><dd>${photo.width} × ${photo.height}</dd></div>
      ${photo.area && html`<div><dt>Part shown</dt><dd>${photo.area.width} × ${photo.area.height}
        at ${photo.area.x}, ${photo.area.y}</dd></div>`}
      ${photo.label && html`<div><dt>Label</dt><dd><bdi>${photo.label}</bdi></dd></div>`}
    </dl>
    <p class="copies"><${Copy} text=${photo.name} what="name" />
      <${Copy} text=${photo.path} what="path" /></p>
  </section>`;
}
