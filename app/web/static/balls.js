// What the balls of the chart are: their size, their colour, their order, and what is said of them.

const FAMILIES = 8; // as many colours as eyes tell apart
const LIGHT = ["#0a5bb5", "#c2500a", "#0f7a55", "#7a3fd0", "#b0286a", "#8a6a00", "#0b7285", "#a3212b", "#a08560"];
const DARK = ["#6db1ff", "#ff9d5c", "#5fd3a3", "#b99bff", "#ff8cc2", "#e5c34d", "#59cfe3", "#ff8f92", "#b8a27f"];
const LEAST = 4.5; // diameters, in pixels
const MOST = 44;
const PER_ROOT = 2; // a ball of 100 M parameters has a diameter of 20 pixels

export const dark = matchMedia("(prefers-color-scheme: dark)");

/** Whether a point keeps the budget. */
export function fits(point) {
  return point.state === "ranked" || point.state === "fits";
}

/** The diameter of a ball, in pixels: its area shows the number of parameters. */
export function diameter(point) {
  return Math.min(MOST, Math.max(LEAST, PER_ROOT * Math.sqrt(point.params ?? 0)));
}

/** The colours of the page where `element` is, and of what is outside the budget. */
export function coloursOf(element) {
  const style = getComputedStyle(element);
  const named = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: named("ink"), soft: named("soft"), line: named("line"), accent: named("accent"), card: named("card"),
    gone: dark.matches ? "#4a5868" : "#aab4bf",
  };
}

/** The colour of a family by its position. Families without a colour of their own share one. */
export function colourOf(family) {
  const palette = dark.matches ? DARK : LIGHT;
  return palette[family >= 0 && family < FAMILIES ? family : FAMILIES];
}

/** The families that the legend names, each with its position. */
export function namedFamilies({ families, points }) {
  const named = families.slice(0, FAMILIES).map((name, index) => [name, index]);
  const others = points.some((point) => point.family >= FAMILIES || point.family < 0);
  return others ? [...named, ["other families", FAMILIES]] : named;
}

/** How a ball looks: grey outside the budget, else of its family's colour, and hollow where a number is not firm. */
export function look(point, { card, gone }) {
  const colour = fits(point) ? colourOf(point.family) : gone;
  return {
    fill: point.hollow ? card : colour, stroke: point.hollow ? colour : card,
    width: point.hollow ? 1.6 : 0.6, opacity: fits(point) ? 0.85 : 0.5,
  };
}

/** The intervals of the frontier and of the ranked balls, as one line with gaps. */
export function whiskers({ points, frontier }) {
  const ranked = points.map((_, index) => index).filter((index) => points[index].state === "ranked");
  const x = [];
  const y = [];
  for (const index of new Set([...frontier, ...ranked])) {
    const point = points[index];
    if (point.x.length > 1) {
      x.push(point.x[1], point.x[2], null);
      y.push(point.y[0], point.y[0], null);
    }
    if (point.y.length > 1) {
      x.push(point.x[0], point.x[0], null);
      y.push(point.y[1], point.y[2], null);
    }
  }
  return { x, y };
}

/** The data with its points in the order of `before`, or else the largest first, so that none hides a smaller one. */
export function inFixedOrder(data, before) {
  const known = new Map(before?.points.map((point, place) => [point.architecture, place]));
  const order = data.points.map((_, index) => index).sort((one, other) => {
    const [mine, theirs] = [data.points[one], data.points[other]];
    const [first, second] = [known.get(mine.architecture), known.get(theirs.architecture)];
    if (first !== undefined && second !== undefined) return first - second;
    return (theirs.params ?? 0) - (mine.params ?? 0) || (mine.architecture < theirs.architecture ? -1 : 1);
  });
  const places = new Map(order.map((index, place) => [index, place]));
  return { ...data, points: order.map((index) => data.points[index]), frontier: data.frontier.map((index) => places.get(index)) };
}

/** What is said of a point, line by line: the text, and the class of its kind. */
export function saidOf(point, { x, y }) {
  return [
    [point.name, "title"],
    [numbered(y, point.y), ""],
    [numbered(x, point.x), ""],
    ...(point.params ? [[`Parameters ${point.params.toFixed(1)} M`, ""]] : []),
    [point.why, fits(point) ? "good" : "bad"],
    ...(point.hollow ? [[point.hollow, "warn"]] : []),
  ];
}

/** A number with its title, its unit and its interval. */
function numbered(axis, [value, low, high]) {
  const shown = (number) => number.toFixed(decimalsOf(axis, number));
  const interval = low === undefined ? "" : ` (${shown(low)} to ${shown(high)})`;
  return `${axis.title} ${shown(value)} ${axis.unit}${interval}`;
}

/** How many decimals a number is shown with: those of its metric, and fewer beyond the fourth digit. */
function decimalsOf(axis, number) {
  const wholeDigits = Math.trunc(Math.abs(number)).toFixed(0).length;
  return Math.max(0, Math.min(axis.decimals, 4 - wholeDigits));
}

/** Ticks of a logarithmic axis over so many powers of ten, in so many pixels: every digit, 1 2 5, or powers alone. */
export function ticks(powers, pixels) {
  const room = pixels / powers;
  if (room > 600) return "D1";
  return room > 170 ? "D2" : 1;
}
