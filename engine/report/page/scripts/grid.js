// The grid of photos. Only the rows that can be seen, and a few around them, are in the document.

const gap = 14;
const narrowestCard = 176;
const rowsAround = 2;

// proportions of the pictures' boxes, height to width: those of most photos.
const boxShare = (() => {
  const shares = photos.map(areaOf).map((area) => area.height / area.width)
    .filter(Number.isFinite);
  shares.sort((a, b) => a - b);
  return shares.length ? Math.min(Math.max(shares[shares.length >> 1], 0.6), 1.2) : 1;
})();

// layout is where the cards of a grid of this width lie.
function layout(width, count) {
  const columns = Math.max(2, Math.floor((width + gap) / (narrowestCard + gap)));
  const cardWidth = Math.max(40, Math.floor((width - (columns - 1) * gap) / columns));
  const box = { width: cardWidth - 2, height: Math.round((cardWidth - 2) * boxShare) };
  const rowHeight = box.height + captionHeight + gap;
  return { columns, cardWidth, box, rowHeight, rows: Math.ceil(count / columns) };
}

// useRows are the first and the last row that the window shows, rows around them included.
function useRows(root, grid) {
  const [rows, setRows] = useState([0, 3]);
  useLayoutEffect(() => {
    const measure = () => {
      const top = -root.current.getBoundingClientRect().top;
      const first = Math.max(0, Math.floor(top / grid.rowHeight) - rowsAround);
      const last = Math.floor((top + window.innerHeight) / grid.rowHeight) + rowsAround;
      setRows((old) => (old[0] === first && old[1] === last ? old : [first, last]));
    };
    measure();
    window.addEventListener("scroll", measure, { passive: true });
    window.addEventListener("resize", measure);
    return () => {
      window.removeEventListener("scroll", measure);
      window.removeEventListener("resize", measure);
    };
  }, [grid.rowHeight, grid.rows]);
  return rows;
}

const mostPrinted = 200;

function Grid({ list, current, columns, focus, printing, verdicts, actions, view, pixels, levels }) {
  const root = useRef(null);
  const [width] = useSize(root);
  const grid = useMemo(() => layout(width || 800, list.length), [width, list.length]);
  columns.current = grid.columns;
  const [first, last] = useRows(root, grid);
  const currentPlace = list.indexOf(current);

  useLayoutEffect(() => { // a key moved on: the focus follows
    const button = focus && root.current.querySelector('.card[data-current="true"] .open');
    if (button) {
      button.focus({ preventScroll: true });
      button.closest(".card").scrollIntoView({ block: "nearest" });
    }
  }, [focus]);

  const shown = printing ? list.slice(0, mostPrinted).map((_, i) => i)
    : placesOf(first, last, grid.columns, list.length, currentPlace);
  const card = (place) => {
    const photo = list[place];
    const column = place % grid.columns;
    const row = (place - column) / grid.columns;
    const style = { width: grid.cardWidth + "px", height: grid.rowHeight - gap + "px",
      left: column * (grid.cardWidth + gap) + "px", top: row * grid.rowHeight + "px" };
    return html`<${Card} key=${photo.index} photo=${photo} place=${place} count=${list.length}
      style=${style} box=${grid.box} current=${photo === current} answer=${verdicts.get(photo.name)}
      actions=${actions} view=${view} pixels=${pixels} levels=${levels} />`;
  };
  const height = Math.max(0, grid.rows * grid.rowHeight - gap);
  return html`${printing && list.length > mostPrinted && html`<p>The first ${mostPrinted} of
      ${" "}${plural(list.length, "photo", "photos")}:</p>`}
    <ul class="grid" ref=${root} role="list" aria-label="Photos"
    style=${{ height: height + "px" }}>${shown.map(card)}</ul>`;
}

// placesOf are the places in the list of these rows, and the current photo's: what has the focus
// stays in the document.
function placesOf(first, last, columns, count, currentPlace) {
  const places = [];
  for (let place = first * columns; place < Math.min((last + 1) * columns, count); place++) {
    places.push(place);
  }
  if (currentPlace >= 0 && currentPlace < first * columns) {
    places.unshift(currentPlace);
  } else if (currentPlace >= (last + 1) * columns) {
    places.push(currentPlace);
  }
  return places;
}
