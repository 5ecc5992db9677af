// What the page hears of the keyboard and of the user's preferences, and what it says aloud.

// useKeys calls press with each key that no field wants; it says whether the key meant something.
function useKeys(press) {
  const latest = useRef(press);
  latest.current = press;
  useEffect(() => {
    const listen = (event) => {
      const { target } = event;
      const typing = target.matches("input:not([type=checkbox], [type=range]), textarea, select");
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) {
        return;
      }
      if (typing) {
        if (event.key === "Escape") {
          target.blur();
        }
        return;
      }
      if (target.matches("input[type=range]") && /^(Arrow|Page|Home|End)/.test(event.key)) {
        return;
      }
      if (latest.current(event.key, target)) {
        event.preventDefault();
      }
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

// useDark is whether the page is dark, by the user's choice or the system's.
function useDark(theme) {
  const query = useMemo(() => matchMedia("(prefers-color-scheme: dark)"), []);
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const listen = () => setDark(query.matches);
    query.addEventListener("change", listen);
    return () => query.removeEventListener("change", listen);
  }, []);
  return theme === "dark" || (theme === "auto" && dark);
}

function countsText(levels) {
  if (!levels) {
    return "No threshold";
  }
  const { good, review, defective } = counts(levels);
  return `Threshold ${number(levels.threshold)}: ` +
    `${defective} defective, ${review} to review, ${good} good`;
}

// Status says the counts aloud, once the slider rests.
function Status({ levels, shown }) {
  const [text, setText] = useState("");
  const now = `${countsText(levels)}; ${plural(shown, "photo", "photos")} shown`;
  const first = useRef(now);
  useEffect(() => {
    const timer = now !== first.current && setTimeout(() => setText(now), 400);
    first.current = null;
    return () => clearTimeout(timer);
  }, [now]);
  return html`<div class="hidden" role="status" aria-live="polite">${text}</div>`;
}
