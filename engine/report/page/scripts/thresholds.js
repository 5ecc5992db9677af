// Verdicts as package verdict decides them, for a threshold that the user moves.

const runLevels = data.thresholds.method && !data.thresholds.why
  ? { threshold: data.thresholds.threshold, review: data.thresholds.review } : null;

const verdictNames = { defective: "Defective", review: "Review", good: "Good", "": "No verdict" };

// levelsAt are the levels for a threshold; null is none. The review level keeps its proportion to
// the threshold of the run.
function levelsAt(threshold) {
  if (threshold === null) {
    return null;
  }
  if (!runLevels || runLevels.review >= runLevels.threshold) {
    return { threshold, review: threshold };
  }
  const { threshold: t, review: r } = runLevels;
  const review = r > 0 && threshold > 0 ? threshold * r / t : threshold - (t - r);
  return { threshold, review: threshold === t ? r : Math.min(review, threshold) };
}

function verdictOf(score, levels) {
  if (!levels) {
    return "";
  }
  return score >= levels.threshold ? "defective" : score >= levels.review ? "review" : "good";
}

// below is how many of all images score less than value.
function below(value) {
  let from = 0;
  let to = befores.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (befores[middle] < value) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

// counts are the images of each verdict, of all images of the batch.
function counts(levels) {
  if (!levels) {
    return { good: 0, review: 0, defective: 0 };
  }
  const good = below(levels.review);
  const notDefective = below(levels.threshold);
  return { good, review: notDefective - good, defective: befores.length - notDefective };
}

// colourScale is the run's scale with this threshold in its middle. A threshold that is moved out of
// the run's scale takes the end along.
function colourScale(levels) {
  let { low, high } = data.scale;
  if (!levels || !(levels.threshold > 0)) {
    return { low, high, threshold: 0 };
  }
  const { threshold } = levels;
  if (threshold <= low) {
    low = 0.9 * threshold;
  }
  if (threshold >= high) {
    high = threshold + 0.5 * (threshold - low);
  }
  return { low, high, threshold };
}

// position is where a value lies on the scale, from 0 to 1: report.Scale.Position.
function position(value, { low, high, threshold }) {
  if (!(value > low) || !(high > low)) {
    return 0;
  }
  if (value >= high) {
    return 1;
  }
  if (!(low < threshold && threshold < high)) {
    return (value - low) / (high - low);
  }
  if (value < threshold) {
    return 0.5 * ((value - low) / (threshold - low));
  }
  return 0.5 + 0.5 * ((value - threshold) / (high - threshold));
}
