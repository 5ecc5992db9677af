// The data that Go wrote into the page (data.go says what they are), and what is derived once.

const data = JSON.parse(document.getElementById("data").textContent);
for (const list of ["command", "photos", "findings", "warnings", "skipped", "run"]) {
  data[list] = data[list] || [];
}
const photos = data.photos;

// gridOf is how many patches a photo has.
function gridOf(photo) {
  return { rows: photo.rows || data.grid_height, columns: photo.columns || data.grid_width };
}

// areaOf is the part of a photo that its picture and its map show, in its pixels.
function areaOf(photo) {
  return photo.area || { x: 0, y: 0, width: photo.width, height: photo.height };
}

// Scores before RsCIN of all images, ascending: those of the histogram and the counts.
const befores = Float64Array.from(data.befores || photos.map((photo) => photo.before)).sort();

// patchBytes are the patch scores of a photo as bytes, row by row; null if there are none to draw.
function patchBytes(photo) {
  if (photo.bytes === undefined) {
    const text = atob(photo.scores || "");
    const { rows, columns } = gridOf(photo);
    photo.bytes = text.length > 0 && text.length === rows * columns
      ? Uint8Array.from(text, (c) => c.charCodeAt(0)) : null;
  }
  return photo.bytes;
}

// byteValue is the score that a byte, or a mean of bytes, stands for.
function byteValue(byte) {
  return data.low + byte / 255 * (data.high - data.low);
}

// address is the URL of a picture: data as they are, a path relative to the page with its special
// characters encoded, so that a # in a name does not end it.
function address(picture) {
  return picture.startsWith("data:") ? picture : picture.split("/").map(encodeURIComponent).join("/");
}

// digits are those after the point that tell two scores of this batch apart.
const digits = (() => {
  const extent = befores.length ? befores[befores.length - 1] - befores[0] : 0;
  return extent > 0 ? Math.min(Math.max(Math.ceil(2 - Math.log10(extent)), 2), 6) : 3;
})();

function number(value) {
  return value.toFixed(digits);
}

function plural(count, one, many) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

// sentence is a note of the run as one: it begins and ends like a sentence. The name of a photo that it
// begins with stays as it is.
function sentence(text) {
  const first = /^[a-z]+[ ,:;]/.test(text) ? text[0].toUpperCase() : text.slice(0, 1);
  return text && first + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

// commonFolder is the start that all names share, up to a slash: it tells nothing apart.
const commonFolder = (() => {
  const first = photos.length ? photos[0].name : "";
  let end = first.lastIndexOf("/") + 1;
  for (const { name } of photos) {
    while (end > 0 && !name.startsWith(first.slice(0, end))) {
      end = first.lastIndexOf("/", end - 2) + 1;
    }
  }
  return first.slice(0, end);
})();

// shortName is a name without that, and without its middle where it has no room: what numbers photos
// stands at the end.
function shortName(name, room = 24) {
  const letters = Array.from(name.slice(commonFolder.length));
  if (letters.length <= room) {
    return letters.join("");
  }
  const tail = Math.ceil(room * 0.6);
  return letters.slice(0, room - tail - 1).join("") + "…" + letters.slice(-tail).join("");
}

// storage keeps what the page remembers; a browser may refuse it.
const storage = {
  get(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(key, value);
      return true;
    } catch {
      return false;
    }
  },
};
