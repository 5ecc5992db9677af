// Verdicts as CSV: musc score takes the file with --threshold labels:FILE.

const csvColumns = ["image", "name", "verdict", "label", "score", "threshold"];

function csvField(text) {
  return /[",\r\n]|^\s|\s$/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
}

// verdictsCSV has a line for each photo with a verdict, in the order of their names. The label is
// good or defective, empty for unsure.
function verdictsCSV(verdicts, levels) {
  const lines = photos
    .filter((photo) => verdicts.has(photo.name))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map((photo) => {
      const answer = verdicts.get(photo.name);
      return [photo.path, photo.name, answer, answer === "unsure" ? "" : answer,
        String(photo.before), levels ? String(levels.threshold) : ""];
    });
  return [csvColumns, ...lines].map((line) => line.map(csvField).join(",") + "\n").join("");
}

// parseCSV reads records of fields as RFC 4180 has them.
function parseCSV(text) {
  const records = [];
  let record = [];
  let field = "";
  let quoted = false;
  const end = () => {
    record.push(field);
    field = "";
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') {
        field += c;
        i++;
      } else if (c === '"') {
        quoted = false;
      } else {
        field += c;
      }
    } else if (c === '"' && field === "") {
      quoted = true;
    } else if (c === ",") {
      end();
    } else if (c === "\n" || c === "\r") {
      end();
      records.push(record);
      record = [];
    } else {
      field += c;
    }
  }
  if (field !== "" || record.length) {
    end();
    records.push(record);
  }
  return records.filter((fields) => fields.some((value) => value !== ""));
}

// importCSV are the verdicts of a file that this page exported, of the photos that it has; the
// number of lines that name none of them comes back, too.
function importCSV(text) {
  const [header = [], ...lines] = parseCSV(text.replace(/^\ufeff/, ""));
  const at = (name) => header.indexOf(name);
  const known = new Set(photos.map((photo) => photo.name));
  const byPath = new Map(photos.map((photo) => [photo.path, photo.name]));
  const found = new Map();
  let unknown = 0;
  for (const line of lines) {
    const name = known.has(line[at("name")]) ? line[at("name")] : byPath.get(line[at("image")]);
    const answer = line[at("verdict")] || line[at("label")];
    if (name !== undefined && answers.includes(answer)) {
      found.set(name, answer);
    } else {
      unknown++;
    }
  }
  return { found, unknown };
}

function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
