// Anomaly maps, drawn from patch scores by the rule of package anomalymap: bilinear, with the
// corners of the map at the corners of the grid.

// axis holds the two neighbours on the grid and the weight of the second one for each output.
function axis(size, out) {
  const low = new Int32Array(out);
  const high = new Int32Array(out);
  const weight = new Float64Array(out);
  for (let o = 0; o < out && out > 1; o++) {
    low[o] = Math.floor(o * (size - 1) / (out - 1));
    high[o] = Math.min(low[o] + 1, size - 1);
    weight[o] = o * (size - 1) % (out - 1) / (out - 1);
  }
  return { low, high, weight };
}

const axes = new Map();

function cachedAxis(size, out) {
  const key = size + ":" + out;
  if (!axes.has(key)) {
    if (axes.size > 200) { // a window that is being resized
      axes.clear();
    }
    axes.set(key, axis(size, out));
  }
  return axes.get(key);
}

// eachRow calls emit(y, row) with every row of a photo's map of width x height, in bytes of the patch
// scores; the row is overwritten by the next one. Nothing is called without scores.
function eachRow(photo, width, height, emit) {
  const bytes = patchBytes(photo);
  if (!bytes) {
    return;
  }
  const grid = gridOf(photo);
  const columns = cachedAxis(grid.columns, width);
  const rows = cachedAxis(grid.rows, height);
  const blended = new Float64Array(grid.columns);
  const row = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    const above = rows.low[y] * grid.columns;
    const below = rows.high[y] * grid.columns;
    for (let x = 0; x < blended.length; x++) {
      const value = bytes[above + x];
      blended[x] = value + rows.weight[y] * (bytes[below + x] - value);
    }
    for (let x = 0; x < width; x++) {
      const value = blended[columns.low[x]];
      row[x] = value + columns.weight[x] * (blended[columns.high[x]] - value);
    }
    emit(y, row);
  }
}

// Levels are looked up for sixteenths of a byte: finer than the scores are known.
const perByte = 16;

// palette are the pixels, colour and opacity, of all values between two bytes.
function palette(levels) {
  const scale = colourScale(levels);
  const pixels = new Uint8Array(4 * (255 * perByte + 1));
  for (let i = 0; i <= 255 * perByte; i++) {
    const level = Math.round(255 * position(byteValue(i / perByte), scale));
    pixels.set(data.colours[level], 4 * i);
  }
  return new Uint32Array(pixels.buffer);
}

// paintMap draws the anomaly map to a canvas of this size, to be laid over the photo.
function paintMap(canvas, photo, width, height, pixels) {
  canvas.width = width;
  canvas.height = height;
  if (!patchBytes(photo)) {
    return;
  }
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const out = new Uint32Array(image.data.buffer);
  eachRow(photo, width, height, (y, row) => {
    const start = y * width;
    for (let x = 0; x < width; x++) {
      out[start + x] = pixels[(row[x] * perByte + 0.5) | 0];
    }
  });
  context.putImageData(image, 0, 0);
}

// fit is the largest size of the proportions of a photo's area in a box, at least a pixel a side.
function fit(photo, width, height) {
  const area = areaOf(photo);
  const share = Math.min(width / (area.width || 1), height / (area.height || 1));
  return {
    width: Math.max(1, Math.round((area.width || 1) * share)),
    height: Math.max(1, Math.round((area.height || 1) * share)),
  };
}

// patchPlace is the centre of a patch, as shares of the area's width and height.
function patchPlace(photo, patch) {
  const { rows, columns } = gridOf(photo);
  return {
    x: columns > 1 ? patch % columns / (columns - 1) : 0.5,
    y: rows > 1 ? Math.floor(patch / columns) / (rows - 1) : 0.5,
  };
}
