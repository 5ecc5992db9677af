// Defects as regions of a map, as package verdict finds them in the map of original size: connected
// pixels from the review level on of which one reaches the threshold.

const longestMap = 560; // pixels of the longer side of the map whose regions are outlined

// regionsOf are the regions of a photo, the highest peak first. A region has its box, area and peak
// in pixels of the photo, and outline: the path around its pixels, in a view of mapWidth x mapHeight.
function regionsOf(photo, levels) {
  const bytes = patchBytes(photo);
  if (!bytes || !levels || photo.before < levels.threshold) {
    return [];
  }
  const longest = Math.min(longestMap, Math.max(photo.width, photo.height));
  const { width, height } = fit(photo, longest, longest);
  const values = new Float64Array(width * height);
  let largest = -Infinity;
  eachRow(bytes, width, height, (y, row) => {
    for (let x = 0; x < width; x++) {
      const value = byteValue(row[x]);
      values[y * width + x] = value;
      largest = Math.max(largest, value);
    }
  });
  // Bytes round and a smaller map steps over peaks; but a defective photo has a defect.
  const threshold = Math.min(levels.threshold, largest);
  const review = Math.min(levels.review, threshold);

  const owner = new Int32Array(values.length); // 0: none, else the region's number from 1
  const found = [];
  for (let start = 0; start < values.length; start++) {
    if (owner[start] === 0 && values[start] >= review) {
      const region = flood(values, owner, width, height, start, review, found.length + 1);
      found.push(region);
    }
  }
  const scaleX = photo.width / width;
  const scaleY = photo.height / height;
  return found
    .map((region, i) => ({ ...region, number: i + 1 }))
    .filter((region) => region.peak >= threshold)
    .sort((a, b) => b.peak - a.peak)
    .map((region) => ({
      x: Math.round(region.left * scaleX),
      y: Math.round(region.top * scaleY),
      width: Math.max(1, Math.round((region.right - region.left + 1) * scaleX)),
      height: Math.max(1, Math.round((region.bottom - region.top + 1) * scaleY)),
      area: Math.max(1, Math.round(region.area * scaleX * scaleY)),
      peak: region.peak,
      outline: outline(owner, width, height, region),
      mapWidth: width,
      mapHeight: height,
    }));
}

// flood numbers the pixels that are connected with start, also over corners.
function flood(values, owner, width, height, start, review, number) {
  const region = { left: width, right: 0, top: height, bottom: 0, area: 0, peak: -Infinity };
  const stack = [start];
  owner[start] = number;
  while (stack.length) {
    const at = stack.pop();
    const x = at % width;
    const y = (at - x) / width;
    region.left = Math.min(region.left, x);
    region.right = Math.max(region.right, x);
    region.top = Math.min(region.top, y);
    region.bottom = Math.max(region.bottom, y);
    region.area++;
    region.peak = Math.max(region.peak, values[at]);
    for (let ny = Math.max(y - 1, 0); ny <= Math.min(y + 1, height - 1); ny++) {
      for (let nx = Math.max(x - 1, 0); nx <= Math.min(x + 1, width - 1); nx++) {
        const next = ny * width + nx;
        if (owner[next] === 0 && values[next] >= review) {
          owner[next] = number;
          stack.push(next);
        }
      }
    }
  }
  return region;
}

// outline is the path along the edges between the region's pixels and others, as an SVG path.
function outline(owner, width, height, region) {
  const number = region.number;
  const inside = (x, y) => x >= 0 && y >= 0 && x < width && y < height &&
    owner[y * width + x] === number;
  let path = "";
  const runs = (from, to, edge, draw) => { // joins neighbouring edges to one line
    let begin = -1;
    for (let k = from; k <= to + 1; k++) {
      const here = k <= to && edge(k);
      if (here && begin < 0) {
        begin = k;
      } else if (!here && begin >= 0) {
        path += draw(begin, k);
        begin = -1;
      }
    }
  };
  for (let y = region.top; y <= region.bottom + 1; y++) {
    runs(region.left, region.right, (x) => inside(x, y) !== inside(x, y - 1),
      (from, to) => `M${from} ${y}H${to}`);
  }
  for (let x = region.left; x <= region.right + 1; x++) {
    runs(region.top, region.bottom, (y) => inside(x, y) !== inside(x - 1, y),
      (from, to) => `M${x} ${from}V${to}`);
  }
  return path;
}
