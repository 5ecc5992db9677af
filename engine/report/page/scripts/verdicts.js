// What the user says of each photo: "good", "defective" or "unsure" by its name. It is kept in the
// browser under the batch's key or, where musc view serves the page, on its disk (data.go).

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
// nothing does. loaded(verdicts) hears what the server had, before anything is sent to it: all
// verdicts are, and would replace those that the page does not know.
function createStore(loaded, tell) {
  return server ? serverStore(loaded, tell) : {
    initial: parseVerdicts(storage.get(batchKey)),
    save(verdicts) {
      tell(storage.set(batchKey, formatVerdicts(verdicts)) ? ""
        : "This browser keeps nothing for this page: export your verdicts before you close it.");
    },
  };
}

function serverStore(loaded, tell) {
  let ready = false;
  let sending = false;
  let waiting = null; // the latest verdicts, not sent yet
  async function send() {
    sending = true;
    while (waiting) {
      const body = formatVerdicts(waiting);
      waiting = null;
      try {
        await ask({ method: "PUT", headers: { "Content-Type": "application/json",
          "X-Musc-Token": server }, body });
        tell("");
      } catch (error) {
        tell(`Your verdicts are not saved: ${error.message}. The next one tries again; or export them.`);
      }
    }
    sending = false;
  }
  ask({}).then((text) => {
    ready = true;
    loaded(parseVerdicts(text));
  }).catch((error) => tell(`The verdicts saved before cannot be read: ${error.message}. New ones are ` +
    "not saved: load the page again."));
  return {
    initial: new Map(),
    save(verdicts) {
      waiting = verdicts;
      if (ready && !sending) {
        send();
      }
    },
  };
}

// ask is the text that the server answers; an error has its text.
async function ask(request) {
  const response = await fetch("/verdicts", request);
  const text = await response.text();
  if (!response.ok) {
    throw new Error(text.trim() || response.statusText);
  }
  return text;
}
