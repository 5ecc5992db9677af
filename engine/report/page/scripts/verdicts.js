// What the user says of each photo: "good", "defective" or "unsure" by its name. It is kept in the
// browser under the batch's key or, where musc view serves the page, on its disk (view.md).

const answers = ["good", "defective", "unsure"];
const answerNames = { good: "Good", defective: "Defective", unsure: "Unsure" };

// server is the token of musc view, null where the page was opened as a file.
const server = (() => {
  const meta = document.querySelector('meta[name="musc-view"]');
  return meta && location.protocol === "http:" ? meta.content : null;
})();

// batchKey names the batch: when it was scored and by which command.
const batchKey = (() => {
  let hash = 0x811c9dc5; // FNV-1a
  for (const c of new TextEncoder().encode(data.command.join("\0"))) {
    hash = Math.imul(hash ^ c, 0x01000193) >>> 0;
  }
  return `musc verdicts ${data.started} ${hash.toString(16).padStart(8, "0")}`;
})();

function parseVerdicts(text) {
  const found = new Map();
  try {
    for (const [name, answer] of Object.entries(JSON.parse(text) || {})) {
      if (answers.includes(answer)) {
        found.set(name, answer);
      }
    }
  } catch {
    // another page's entry, or a damaged one: begin anew
  }
  return found;
}

function formatVerdicts(verdicts) {
  return JSON.stringify(Object.fromEntries(verdicts));
}

// createStore loads the verdicts and saves each change; tell(text) hears what went wrong, "" if
// nothing does. changed(verdicts) hears what the server had.
function createStore(changed, tell) {
  if (!server) {
    return {
      initial: parseVerdicts(storage.get(batchKey)),
      save(verdicts) {
        tell(storage.set(batchKey, formatVerdicts(verdicts)) ? ""
          : "This browser keeps nothing for this page: export your verdicts before you close it.");
      },
    };
  }
  let sending = false;
  let waiting = null;
  let touched = false; // what the user said before the server answered stays
  async function send() {
    sending = true;
    while (waiting) {
      const body = waiting;
      waiting = null;
      try {
        const response = await fetch("/verdicts", {
          method: "PUT",
          headers: { "Content-Type": "application/json", "X-Musc-Token": server },
          body,
        });
        if (!response.ok) {
          throw new Error((await response.text()).trim() || response.statusText);
        }
        tell("");
      } catch (error) {
        tell(`Your verdicts are not saved: ${error.message}. The next one tries again; or export them.`);
      }
    }
    sending = false;
  }
  fetch("/verdicts").then((response) => {
    if (!response.ok) {
      throw new Error(response.statusText);
    }
    return response.text();
  }).then((text) => {
    changed(parseVerdicts(text), touched);
  }).catch((error) => tell(`The verdicts saved before cannot be read: ${error.message}.`));
  return {
    initial: new Map(),
    save(verdicts) {
      touched = true;
      waiting = formatVerdicts(verdicts);
      if (!sending) {
        send();
      }
    },
  };
}
