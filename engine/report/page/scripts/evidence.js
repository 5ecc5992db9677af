// Why the peaks of a photo have their scores.

function letter(i) {
  return String.fromCharCode(65 + i % 26);
}

function CropFigure({ crop, children, open }) {
  const known = crop.photo >= 0 && photos[crop.photo];
  const picture = crop.picture
    ? html`<img src=${address(crop.picture)} alt="" decoding="async" />`
    : html`<span class="absent">No picture</span>`;
  return html`<figure class="crop">
    ${known && open ? html`<button type="button" title=${"Open " + crop.name}
      aria-label=${"Open " + crop.name} onClick=${() => open(known)}>${picture}</button>` : picture}
    <figcaption>${children}</figcaption>
  </figure>`;
}

function Name({ name, room }) {
  return html`<bdi title=${name}>${shortName(name, room)}</bdi>`;
}

function Bars({ stages, mattered }) {
  const most = Math.max(...stages.flatMap((stage) => [stage.score, stage.normal]), 1e-9);
  const share = (value) => `${Math.max(0, Math.min(100, 100 * value / most)).toFixed(1)}%`;
  return html`<table class="bars">
    <caption class="hidden">Distance by stage of the backbone</caption>
    <thead class="hidden"><tr><th scope="col">Stage</th><th scope="col">Bar</th>
      <th scope="col">This patch, normally</th></tr></thead>
    <tbody>${stages.map((stage, i) => html`<tr key=${i} class=${i === mattered ? "mattered" : ""}>
      <th scope="row">Stage ${stage.stage}</th>
      <td class="bar" aria-hidden="true"><span style=${{ width: share(stage.score) }}></span>
        <i style=${{ left: share(stage.normal) }}></i></td>
      <td>${number(stage.score)} <span class="faint">normally ${number(stage.normal)}</span></td>
    </tr>`)}</tbody>
  </table>`;
}

// Evidence of one peak: the patch, what a typical photo has there, and what comes closest elsewhere.
function Peak({ evidence, place, open }) {
  const { score, normal, typical } = evidence;
  const times = ratioText(score, normal);
  const stages = evidence.stages || [];
  const nearest = evidence.nearest || [];
  const stage = stages[evidence.mattered];
  return html`<section class="peak" aria-label=${"Evidence for peak " + letter(place)}>
    <h4><b class="letter">${letter(place)}</b>
      Distance here ${number(score)}, typically ${number(normal)}${times &&
        html`: <strong>${times}</strong>`}</h4>
    <div class="pair">
      <${CropFigure} crop=${{ picture: evidence.crop, photo: -1 }}>This photo<//>
      <${CropFigure} crop=${typical} open=${open}>Typical here: <${Name} name=${typical.name} /><//>
    </div>
    ${stages.length > 0 && html`<${Bars} stages=${stages} mattered=${evidence.mattered} />`}
    ${nearest.length > 0 && html`
      <h5>Closest patches elsewhere${stage && `, stage ${stage.stage}`}</h5>
      <div class="nearest">${nearest.map((crop, i) => html`
        <${CropFigure} key=${i} crop=${crop} open=${open}>${number(crop.distance)}
          <br /><${Name} name=${crop.name} room=${14} /><//>`)}</div>`}
  </section>`;
}
