// Defects as regions of a map, by the rules of verdict.Regions: pixels from the review level on, with
// holes smaller than a patch filled, connected over corners, of which one reaches the threshold.

const longestMap = 560; // pixels of the longer side of the map whose regions are outlined

// regionsOf are the regions of a photo, the highest peak first. A region has its box, area and peak
// in pixels of the photo, and outline: the path around its pixels, in a view of mapWidth x mapHeight.
// They are those of verdict.Regions where the photo's area is no larger than longestMap.
function regionsOf(photo, levels) {
  if (!patchBytes(photo) || !levels || photo.before < levels.threshold) {
    return [];
  }
  const area = areaOf(photo);
  const longest = Math.min(longestMap, Math.max(area.width, area.height));
  const { width, height } = fit(photo, longest, longest);
  const { rows, columns } = gridOf(photo);
  const map = { width, height, patches: rows * columns, values: new Float64Array(width * height),
    largest: -Infinity };
  eachRow(photo, width, height, (y, row) => {
    for (let x = 0; x < width; x++) {
      const value = byteValue(row[x]);
      map.values[y * width + x] = value;
      map.largest = Math.max(map.largest, value);
    }
  });
  // A map of another size, and bytes, have another maximum than the score: a defective photo has a
  // defect all the same.
  const threshold = Math.min(levels.threshold, map.largest);
  map.level = Math.min(levels.review, threshold);
  const found = label(map);
  const scaleX = area.width / width;
  const scaleY = area.height / height;
  return found.filter((region) => region.peak >= threshold)
    .sort((a, b) => b.peak - a.peak)
    .map((region) => ({
      x: area.x + Math.round(region.left * scaleX),
      y: area.y + Math.round(region.top * scaleY),
      width: Math.max(1, Math.round((region.right - region.left + 1) * scaleX)),
      height: Math.max(1, Math.round((region.bottom - region.top + 1) * scaleY)),
      area: Math.max(1, Math.round(region.area * scaleX * scaleY)),
      peak: region.peak === map.largest ? photo.before : Math.min(region.peak, photo.before),
      outline: outline(map, region),
      mapWidth: width,
      mapHeight: height,
    }));
}

// label gives each pixel of a region the region's number, from 1, in map.owner; 0 is none.
function label(map) {
  const { width, height, values, level } = map;
  const owner = map.owner = new Int32Array(values.length);
  const inside = (at) => values[at] >= level;
  const outside = (at) => values[at] < level;
  let number = 0;
  for (let start = 0; start < values.length; start++) { // holes first
    if (owner[start] === 0 && outside(start)) {
      const gap = flood(map, start, outside, false, --number);
      const touches = gap.left === 0 || gap.top === 0 || gap.right === width - 1 ||
        gap.bottom === height - 1;
      if (!touches && gap.area * map.patches < width * height) {
        gap.pixels.forEach((at) => {
          owner[at] = 0;
          values[at] = level;
        });
      }
    }
  }
  const found = [];
  for (let start = 0; start < values.length; start++) {
    if (owner[start] === 0 && inside(start)) {
      found.push(flood(map, start, inside, true, found.length + 1));
    }
  }
  return found;
}

// flood numbers the pixels that belong with start, connected over sides or over corners as well.
function flood({ width, height, values, owner }, start, belongs, corners, number) {
  const region = { number, left: width, right: 0, top: height, bottom: 0, area: 0, peak: -Infinity,
    pixels: [start] };
  const { pixels } = region;
  owner[start] = number;
  for (let next = 0; next < pixels.length; next++) {
    const at = pixels[next];
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
        const beside = ny * width + nx;
        if (owner[beside] === 0 && (corners || nx === x || ny === y) && belongs(beside)) {
          owner[beside] = number;
          pixels.push(beside);
        }
      }
    }
  }
  return region;
}

// outline is the region's border as an SVG path, by marching squares: each square between the
// centres of four pixels has a line from side to side where the map crosses the level.
function outline({ width, height, values, owner, level }, region) {
  const here = (x, y) => x >= 0 && y >= 0 && x < width && y < height &&
    owner[y * width + x] === region.number;
  const cross = (from, to) => { // the point between a pixel inside and one outside
    const [[ax, ay], [bx, by]] = here(...from) ? [from, to] : [to, from];
    let share = 0.5; // the photo's border is half a pixel away
    if (bx >= 0 && by >= 0 && bx < width && by < height) {
      const a = values[ay * width + ax];
      share = Math.min(Math.max((a - level) / (a - values[by * width + bx]), 0), 1);
    }
    return `${(ax + 0.5 + share * (bx - ax)).toFixed(1)} ${(ay + 0.5 + share * (by - ay)).toFixed(1)}`;
  };
  let path = "";
  for (let y = region.top - 1; y <= region.bottom; y++) {
    for (let x = region.left - 1; x <= region.right; x++) {
      const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]]; // in turn
      const side = (k) => cross(corners[k], corners[(k + 1) % 4]);
      const is = corners.map((corner) => here(...corner));
      const crossed = [0, 1, 2, 3].filter((k) => is[k] !== is[(k + 1) % 4]);
      if (crossed.length === 2) {
        path += `M${side(crossed[0])}L${side(crossed[1])}`;
      } else if (crossed.length === 4) { // two corners across: each of the others is cut off
        for (const k of [0, 1, 2, 3].filter((i) => !is[i])) {
          path += `M${side((k + 3) % 4)}L${side(k)}`;
        }
      }
    }
  }
  return path;
}
