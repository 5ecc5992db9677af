// A photo in the grid.

const captionHeight = 62; // pixels below the picture: grid.css has the same

function Card({ photo, place, count, style, box, current, answer, actions, view, pixels, levels }) {
  const verdict = verdictOf(photo.before, levels);
  const label = [photo.name, `rank ${photo.rank}`, `score ${number(photo.before)}`,
    verdict && verdictNames[verdict].toLowerCase(), answer && `you said ${answer}`];
  return html`<li class=${"card " + verdict} style=${style} aria-posinset=${place + 1}
    aria-setsize=${count} data-name=${photo.name} data-current=${current}>
    <button type="button" class="open" tabIndex=${current ? 0 : -1}
      aria-current=${current ? "true" : null}
      onClick=${() => actions.open(photo)} onFocus=${() => actions.select(photo)}>
      <span class="hidden">${label.filter(Boolean).join(", ")}</span>
      <span class="box" style=${{ height: box.height + "px" }}>
        <${Mapped} photo=${photo} src=${photo.picture && address(photo.picture)} width=${box.width}
          height=${box.height} view=${view} pixels=${pixels} />
      </span>
      <span class="caption" aria-hidden="true">
        <span class="name" title=${photo.name}>
          <bdi>${shortName(photo.name, Math.floor(box.width / 9))}</bdi></span>
        <span class="score">${number(photo.before)}</span>
      </span>
    </button>
    <div class="below"><${Chip} verdict=${verdict} />
      <${Answers} photo=${photo} answer=${answer} set=${actions.answer}
        tabIndex=${current ? 0 : -1} /></div>
  </li>`;
}
