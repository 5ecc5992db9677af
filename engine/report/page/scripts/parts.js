// Parts that several views are made of.

const { h, render } = preact;
const { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } = preactHooks;
const html = htm.bind(h);

const marks = { // drawn, as a colour alone does not say it to everybody
  good: "M3 8.5 6.5 12 13 4.5",
  defective: "M4 4 12 12M12 4 4 12",
  review: "M8 3.5V9.5M8 12.2V12.8",
  unsure: "M5.2 6C5.2 2.6 10.8 2.8 10.8 6 10.8 8 8 8 8 10M8 12.4V13",
};

function Mark({ of }) {
  return html`<svg class="mark" viewBox="0 0 16 16" aria-hidden="true"><path d=${marks[of]} /></svg>`;
}

function Chip({ verdict }) {
  return verdict === "" ? null : html`<span class=${"chip " + verdict}>
    <${Mark} of=${verdict} /><span>${verdictNames[verdict]}</span></span>`;
}

// Sentence is a note of the run as a sentence; options in it are not broken at their hyphens.
function Sentence({ text }) {
  return sentence(text).split(/(--[a-z][\w-]*)/).map((part, i) => (i % 2
    ? html`<span class="option" key=${i}>${part}</span>` : part));
}

// Answers are the buttons for the user's own verdict on a photo; another press takes it back.
function Answers({ photo, answer, set, labels, tabIndex }) {
  return html`<div class="answers" role="group" aria-label=${"Your verdict on " + photo.name}>
    ${answers.map((a) => html`<button type="button" key=${a} class=${"answer " + a}
      tabIndex=${tabIndex} aria-pressed=${answer === a} aria-label=${labels ? null : answerNames[a]}
      title=${`${answerNames[a]} (${a[0]})`}
      onClick=${() => set(photo, answer === a ? "" : a)}>
      <${Mark} of=${a} />${labels && html`<span>${answerNames[a]}</span><kbd>${a[0]}</kbd>`}
    </button>`)}
  </div>`;
}

// Mapped is a photo with its map over it, as large as fits in width x height. src is the picture to
// show; children lie over both. zoom is the place, as shares, that is shown zoomed; null is none.
function Mapped({ photo, src, width, height, view, pixels, label, zoom, children }) {
  const canvas = useRef(null);
  const size = fit(photo, width, height);
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  useLayoutEffect(() => {
    if (canvas.current) {
      paintMap(canvas.current, photo, Math.round(size.width * ratio),
        Math.round(size.height * ratio), pixels);
    }
  }, [photo, size.width, size.height, ratio, pixels, view.overlay]);
  const style = { width: size.width + "px", height: size.height + "px" };
  const origin = zoom ? `${100 * zoom.x}% ${100 * zoom.y}%` : "";
  return html`<span class="mapped" style=${style}>
    <span class=${"sheet" + (zoom ? " zoomed" : "")} style=${{ transformOrigin: origin }}>
      ${src ? html`<img src=${src} alt=${label || ""} decoding="async" draggable=${false} />`
        : html`<span class="absent" aria-hidden=${!label}>No picture</span>`}
      ${view.overlay && html`<canvas ref=${canvas} aria-hidden="true"
        style=${{ opacity: view.strength }} />`}
      ${children}
    </span>
  </span>`;
}

function Copy({ text, what }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    const timer = copied && setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  return html`<button type="button" class="quiet" title=${text}
    onClick=${async () => setCopied(await copyText(text))}>
    ${copied ? "Copied" : `Copy ${what}`}</button>`;
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // not allowed, or an old browser
    const area = document.createElement("textarea");
    area.value = text;
    (document.querySelector("dialog[open]") || document.body).append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

// useSize is the size of an element, [0, 0] before it is there.
function useSize(element) {
  const [size, setSize] = useState([0, 0]);
  useLayoutEffect(() => {
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = element.current;
      setSize((old) => (old[0] === width && old[1] === height ? old : [width, height]));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return size;
}

// ratioText says how many times as much, "2.5 ×"; "" where that means nothing.
function ratioText(value, normal) {
  return normal > 0 ? `${(value / normal).toFixed(1)} ×` : "";
}
