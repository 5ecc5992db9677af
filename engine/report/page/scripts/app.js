// The page: its state, what keys do, and how its parts go together.

photos.forEach((photo, index) => {
  photo.index = index;
});

const orders = {
  rank: ["Rank", (a, b) => a.rank - b.rank],
  score: ["Score", (a, b) => b.before - a.before || a.rank - b.rank],
  margin: ["Closest to the threshold", null],
  name: ["Name", (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)],
};

// select is the list of photos that the grid shows.
function select({ order, verdict, mine, text }, levels, verdicts) {
  const wanted = text.trim().toLowerCase();
  const list = photos.filter((photo) => {
    const answer = verdicts.get(photo.name) || "";
    const machine = verdictOf(photo.before, levels);
    return (verdict === "" || machine === verdict) &&
      (mine === "" || (mine === "none" ? answer === "" : mine === "differs"
        ? answer === "good" && machine === "defective" || answer === "defective" && machine === "good"
        : answer === mine)) &&
      (wanted === "" || photo.name.toLowerCase().includes(wanted));
  });
  const distance = (photo) => Math.abs(photo.before - levels.threshold);
  const compare = orders[order][1] ||
    (levels ? (a, b) => distance(a) - distance(b) || a.rank - b.rank : orders.rank[1]);
  return list.sort(compare);
}

function useStored(key, initial) {
  const [value, setValue] = useState(() => {
    try {
      return { ...initial, ...JSON.parse(storage.get(key)) };
    } catch {
      return initial;
    }
  });
  const change = useCallback((changes) => setValue((old) => {
    const next = { ...old, ...changes };
    storage.set(key, JSON.stringify(next));
    return next;
  }), []);
  return [value, change];
}

function useVerdicts(tell) {
  const store = useRef(null);
  const [verdicts, setVerdicts] = useState(() => {
    store.current = createStore((theirs) => setVerdicts((ours) => {
      if (ours.size === 0) {
        return theirs;
      }
      const all = new Map([...theirs, ...ours]); // the user was faster
      store.current.save(all);
      return all;
    }), tell);
    return store.current.initial;
  });
  const change = useCallback((changes) => setVerdicts((old) => { // [[name, answer or ""], ...]
    const next = new Map(old);
    for (const [name, answer] of changes) {
      if (answer) {
        next.set(name, answer);
      } else {
        next.delete(name);
      }
    }
    store.current.save(next);
    return next;
  }), []);
  return [verdicts, change];
}

function App() {
  const [threshold, setThreshold] = useState(runLevels ? runLevels.threshold : null);
  const levels = useMemo(() => levelsAt(threshold), [threshold]);
  const pixels = useMemo(() => palette(levels), [levels]);
  const [message, tell] = useState("");
  const [verdicts, change] = useVerdicts(tell);
  const [filter, setFilterState] = useState({ order: "rank", verdict: "", mine: "", text: "" });
  const setFilter = useCallback((changes) => setFilterState((old) => ({ ...old, ...changes })), []);
  const [view, setView] = useStored("musc view",
    { overlay: true, strength: 1, outlines: true, beside: true });
  const [{ theme }, setTheme] = useStored("musc theme", { theme: "auto" });
  const [current, setCurrent] = useState(photos[0]);
  const [large, setLarge] = useState(false);
  const [help, setHelp] = useState(false);
  const [focus, setFocus] = useState(0);
  const [printing, setPrinting] = useState(false);
  const columns = useRef(1);
  const search = useRef(null);
  const list = useMemo(() => select(filter, levels, verdicts), [filter, levels, verdicts]);

  // The current photo may have left the list, by a verdict on it: its neighbours are still known.
  const lastPlace = useRef(0);
  const found = list.indexOf(current);
  if (found >= 0) {
    lastPlace.current = found;
  }
  const place = Math.min(lastPlace.current, Math.max(list.length - 1, 0));
  useLayoutEffect(() => {
    if (found < 0 && !large && list.length > 0) {
      setCurrent(list[place]);
    }
  });

  const actions = {
    select(photo) {
      if (!large) { // a dialog that closes hands the focus back to where it was opened
        setCurrent(photo);
      }
    },
    open(photo) {
      setCurrent(photo);
      setLarge(true);
    },
    close() {
      setLarge(false);
      setFocus((n) => n + 1);
    },
    move(by) {
      const from = found >= 0 ? place : place - (by > 0 ? 1 : 0);
      const to = Math.min(Math.max(from + by, 0), list.length - 1);
      if (list[to]) {
        setCurrent(list[to]);
        if (!large) {
          setFocus((n) => n + 1);
        }
      }
    },
    answer(photo, answer) {
      change([[photo.name, answer]]);
    },
  };
  useKeys((key, target) => {
    if (help) {
      return false;
    }
    const step = { j: 1, k: -1, ArrowRight: 1, ArrowLeft: -1,
      ...(large ? {} : { ArrowDown: columns.current, ArrowUp: -columns.current }) }[key];
    const answer = { g: "good", d: "defective", u: "unsure", Backspace: "" }[key];
    const toggle = { o: "overlay", r: "outlines", n: "beside" }[key];
    if (step) {
      actions.move(step);
    } else if (answer !== undefined && current) {
      actions.answer(current, answer);
    } else if (toggle) {
      setView({ [toggle]: !view[toggle] });
    } else if (key === "Enter" && current && !large && !target.matches("button, a, input, summary")) {
      actions.open(current);
    } else if (key === "/" && !large) {
      search.current.focus();
    } else if (key === "?") {
      setHelp(true);
    } else {
      return false;
    }
    return true;
  });

  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  useEffect(() => {
    const before = () => setPrinting(true);
    const after = () => setPrinting(false);
    window.addEventListener("beforeprint", before);
    window.addEventListener("afterprint", after);
    return () => {
      window.removeEventListener("beforeprint", before);
      window.removeEventListener("afterprint", after);
    };
  }, []);
  useLayoutEffect(() => {
    performance.mark("musc-ready");
  }, []);

  async function importVerdicts(input) {
    const { found: theirs, unknown } = importCSV(await input.files[0].text());
    input.value = "";
    change([...theirs]);
    tell(`${plural(theirs.size, "verdict", "verdicts")} read` + (unknown
      ? `; ${plural(unknown, "line names", "lines name")} no photo of this page or no verdict.` : "."));
  }
  const dark = useDark(theme);
  return html`
    <${Header} theme=${theme} setTheme=${(value) => setTheme({ theme: value })} verdicts=${verdicts}
      exportVerdicts=${() => download("verdicts.csv", verdictsCSV(verdicts, levels))}
      importVerdicts=${importVerdicts} help=${() => setHelp(true)} />
    <main>
      ${message && html`<p class="message" role="alert">${message}</p>`}
      <div class="summary">
        <section class="panel scores" aria-labelledby="scores"><h2 id="scores">Scores</h2>
          <${Histogram} levels=${levels} setThreshold=${setThreshold} theme=${dark} />
          <${Slider} levels=${levels} setThreshold=${setThreshold} />
          <${Estimate} />
        </section>
        <${Health} open=${actions.open} />
      </div>
      <${Toolbar} levels=${levels} filter=${filter} setFilter=${setFilter} view=${view}
        setView=${setView} shown=${list.length} search=${search} />
      ${list.length === 0 && html`<p class="empty">${photos.length ? "No photo is like that."
        : "There are no photos."}</p>`}
      <${Grid} list=${list} current=${current} columns=${columns} focus=${focus} printing=${printing}
        verdicts=${verdicts} actions=${actions} view=${view} pixels=${pixels} levels=${levels} />
    </main>
    <${About} />
    <${Status} levels=${levels} shown=${list.length} />
    ${large && current && html`<${Large} photo=${current} place=${place} count=${list.length}
      answer=${verdicts.get(current.name)} actions=${actions} view=${view} setView=${setView}
      pixels=${pixels} levels=${levels} printing=${printing} />`}
    ${help && html`<${Help} close=${() => setHelp(false)} />`}`;
}

render(html`<${App} />`, document.getElementById("app"));
