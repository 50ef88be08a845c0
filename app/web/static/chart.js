// The frontier: candidates as balls, drawn by plotly.js. What a ball is, its tip says: to a mouse and to a keyboard.

import { colourOf, coloursOf, dark, diameter, fits, inFixedOrder, look, namedFamilies, saidOf, ticks, whiskers } from "./balls.js";

const SETTLED_MS = 300; // a slider that has not moved for so long has come to rest
const WHISKERS = 0; // the traces, in the order of their drawing
const FRONTIER = 1;
const BALLS = 2;
const RING = 3;

let library = null;

function plotly(address) {
  library ??= new Promise((loaded, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => loaded(window.Plotly);
    script.onerror = failed;
    document.head.append(script);
  });
  return library;
}

export class Chart {
  /** `onPick` and `onTick` are given the point that was clicked, or that the keyboard chose. */
  constructor(element, { onPick, onTick }) {
    this.element = element;
    this.onPick = onPick;
    this.onTick = onTick;
    this.data = null;
    this.current = -1;
    this.drawing = null;
    element.tabIndex = 0;
    element.setAttribute("role", "application");
    element.setAttribute("aria-roledescription", "chart");
    this.tip = document.createElement("div");
    this.tip.className = "tip";
    this.tip.setAttribute("role", "status");
    this.tip.hidden = true;
    element.addEventListener("keydown", (event) => this.#key(event));
    element.addEventListener("focus", () => this.#focus());
    element.addEventListener("blur", () => this.#leave());
    dark.addEventListener("change", () => this.draw());
    new ResizeObserver(() => this.#resize()).observe(element);
  }

  /** Show other data. Where it has the same networks, the balls change at once, and plotly draws them a little later. */
  show(data, legend) {
    const before = this.data;
    this.data = inFixedOrder(data, before);
    this.legend = legend;
    this.current = -1;
    this.element.setAttribute(
      "aria-label",
      `${data.y.title} against ${data.x.title.toLowerCase()} of ${data.points.length} networks, ` +
        `of which ${data.points.filter((point) => fits(point)).length} keep the budget. ` +
        "Arrow keys move between networks.",
    );
    this.#drawLegend();
    clearTimeout(this.later);
    if (!before || !this.#nudge(before)) return this.draw();
    this.later = setTimeout(() => this.draw(), SETTLED_MS);
    return undefined;
  }

  async draw() {
    if (!this.data) return;
    const Plotly = await plotly(this.element.dataset.library);
    if (this.drawing) return; // the drawing that waits shows the newest data
    this.drawing = true;
    await new Promise(requestAnimationFrame);
    this.drawing = null;
    const started = performance.now();
    const first = !this.plot;
    if (first) {
      this.plot = document.createElement("div");
      this.element.replaceChildren(this.plot, this.tip);
    }
    this.size = { width: this.element.clientWidth, height: this.element.clientHeight };
    await Plotly.react(this.plot, this.#traces(), this.#layout(), { displayModeBar: false, responsive: false, doubleClick: "reset", showAxisDragHandles: false });
    if (first) this.#listen();
    performance.measure("chart", { start: started, end: performance.now() });
    this.element.dataset.drawn = String(Number(this.element.dataset.drawn ?? 0) + 1);
  }

  #resize() {
    if (!this.plot || !this.element.isConnected) return;
    if (this.element.clientWidth !== this.size.width || this.element.clientHeight !== this.size.height) this.draw();
  }

  #listen() {
    this.plot.on("plotly_hover", ({ points: [{ customdata }] }) => this.#point(customdata));
    this.plot.on("plotly_unhover", () => this.#leave());
    this.plot.on("plotly_click", ({ points: [{ customdata }] }) => this.onPick(this.data.points[customdata]));
  }

  // Drawing

  #traces() {
    const { points, frontier } = this.data;
    const colours = coloursOf(this.element);
    const line = (indices) => ({ x: indices.map((index) => points[index].x[0]), y: indices.map((index) => points[index].y[0]) });
    return [
      { type: "scatter", mode: "lines", ...whiskers(this.data), line: { width: 1, color: colours.soft }, opacity: 0.55, hoverinfo: "skip" },
      { type: "scatter", mode: "lines", ...line(frontier), line: { width: 2, color: colours.ink }, opacity: 0.8, hoverinfo: "skip" },
      this.#balls(colours),
      {
        type: "scatter", mode: "markers", ...this.#ring(), hoverinfo: "skip",
        marker: { color: "rgba(0,0,0,0)", size: this.#ringSize(), line: { width: 3, color: colours.ink } },
      },
    ];
  }

  /** Change what plotly drew, without drawing: balls, frontier, whiskers and budget. Whether that was possible. */
  #nudge(before) {
    const started = performance.now();
    const { points, frontier, x, y } = this.data;
    const same = before.points.length === points.length && before.x.metric === x.metric && before.y.metric === y.metric
      && points.every((point, index) => point.architecture === before.points[index].architecture);
    if (!this.plot || !same) return false;
    const traces = this.plot.querySelectorAll(".scatterlayer > .trace");
    const balls = traces[BALLS]?.querySelectorAll("path.point") ?? [];
    const lines = [WHISKERS, FRONTIER].map((place) => [...(traces[place]?.querySelectorAll("path.js-line") ?? [])]);
    const shades = this.plot.querySelectorAll(".shapelayer path");
    const colours = coloursOf(this.element);
    const { xaxis, yaxis } = this.plot._fullLayout;
    const shapes = this.#budget(xaxis, yaxis, colours);
    if (balls.length !== points.length || lines.some((paths) => !paths.length) || shades.length !== shapes.length) return false;
    const at = (onX, onY) => `${xaxis.d2p(onX).toFixed(1)},${yaxis.d2p(onY).toFixed(1)}`;
    points.forEach((point, index) => {
      const shown = look(point, colours);
      balls[index].setAttribute("transform", `translate(${at(point.x[0], point.y[0])})`);
      Object.assign(balls[index].style, { fill: shown.fill, stroke: shown.stroke, strokeWidth: `${shown.width}px`, opacity: shown.opacity });
    });
    const intervals = whiskers(this.data);
    const pieces = [
      // Two ends and a gap.
      intervals.x.map((value, index) => (value === null ? "" : `${index % 3 ? "L" : "M"}${at(value, intervals.y[index])}`)).join(""),
      frontier.map((index, place) => `${place ? "L" : "M"}${at(points[index].x[0], points[index].y[0])}`).join(""),
    ];
    lines.forEach((paths, place) => paths.forEach((path, index) => path.setAttribute("d", (!index && pieces[place]) || "M0,0")));
    shapes.forEach((shape, index) => {
      const [left, right] = [shape.x0, shape.x1].map((value) => xaxis._offset + xaxis.d2p(value));
      const [low, high] = [shape.y0, shape.y1].map((value) => yaxis._offset + yaxis.d2p(value));
      shades[index].setAttribute("d", `M${left},${low}H${right}V${high}H${left}Z`);
    });
    performance.measure("nudge", { start: started, end: performance.now() });
    return true;
  }

  #ring() {
    const point = this.data.points[this.current];
    return point ? { x: [point.x[0]], y: [point.y[0]] } : { x: [], y: [] };
  }

  #ringSize() {
    const point = this.data.points[this.current];
    return point ? diameter(point) + 8 : 8;
  }

  #balls(colours) {
    const { points } = this.data;
    const looks = points.map((point) => look(point, colours));
    return {
      type: "scatter", mode: "markers", hoverinfo: "none", customdata: points.map((_, index) => index),
      x: points.map((point) => point.x[0]), y: points.map((point) => point.y[0]),
      marker: {
        size: points.map(diameter), opacity: looks.map((look) => look.opacity), color: looks.map((look) => look.fill),
        line: { color: looks.map((look) => look.stroke), width: looks.map((look) => look.width) },
      },
    };
  }

  #layout() {
    const colours = coloursOf(this.element);
    const narrow = this.size.width < 560;
    const [x, y] = ["x", "y"].map((name) => this.#axis(name, colours));
    return {
      ...this.size, margin: { l: narrow ? 40 : 58, r: narrow ? 8 : 16, t: 8, b: 46 }, showlegend: false,
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", hovermode: "closest", hoverdistance: 14,
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom", uirevision: `${this.data.x.metric} ${this.data.y.metric}`,
      font: { family: "system-ui, sans-serif", size: 12, color: colours.soft }, xaxis: x, yaxis: y, shapes: this.#budget(x, y, colours),
    };
  }

  #axis(name, colours) {
    const axis = this.data[name];
    const values = this.data.points.flatMap((point) => point[name]).filter((value) => !axis.logarithmic || value > 0);
    const scaled = axis.logarithmic ? Math.log10 : (value) => value;
    const [low, high] = values.reduce(([least, most], value) => [Math.min(least, scaled(value)), Math.max(most, scaled(value))], [Infinity, -Infinity]);
    const room = (high - low) * 0.05 || 1;
    const unit = axis.unit ? `${axis.unit}, ` : "";
    return {
      type: axis.logarithmic ? "log" : "linear", range: [low - room, high + room], gridcolor: colours.line, linecolor: colours.line, zeroline: false,
      title: { text: `${axis.title} (${unit}${axis.better} is better)`, standoff: 8, font: { size: 12.5 } },
      ...(axis.logarithmic ? { dtick: ticks(high - low, this.size.width), tickformat: low < 0 ? ",~r" : "~s" } : {}), ticks: "", automargin: false,
    };
  }

  /** The part of the chart that the bounds allow, where they bound an axis. */
  #budget(x, y, colours) {
    const ends = [[this.data.x, x], [this.data.y, y]].map(([axis, drawn]) => {
      const power = (value) => (axis.logarithmic ? 10 ** value : value);
      return { low: axis.minimum ?? power(drawn.range[0]), high: axis.maximum ?? power(drawn.range[1]), bounded: (axis.minimum ?? axis.maximum) != null };
    });
    if (!ends.some((end) => end.bounded)) return [];
    const [across, up] = ends;
    return [{
      type: "rect", layer: "below", x0: across.low, x1: across.high, y0: up.low, y1: up.high,
      fillcolor: colours.accent, opacity: dark.matches ? 0.13 : 0.08, line: { width: 0 },
    }];
  }

  #drawLegend() {
    if (!this.legend) return;
    this.legend.replaceChildren(...namedFamilies(this.data).map(([name, index]) => {
      const item = document.createElement("li");
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("viewBox", "0 0 10 10");
      svg.setAttribute("class", "dot");
      svg.setAttribute("aria-hidden", "true");
      const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
      for (const [key, value] of [["cx", 5], ["cy", 5], ["r", 5], ["fill", colourOf(index)]]) circle.setAttribute(key, value);
      svg.append(circle);
      item.append(svg, name);
      return item;
    }));
  }

  // Pointing

  #point(index) {
    const point = this.data.points[index];
    if (!point) return;
    this.current = index;
    this.tip.replaceChildren(...saidOf(point, this.data).map(([text, kind]) => Object.assign(document.createElement("span"), { textContent: text, className: kind })));
    this.tip.hidden = false;
    this.#place(point);
  }

  #place(point) {
    const { xaxis, yaxis } = this.plot._fullLayout;
    const left = xaxis._offset + xaxis.d2p(point.x[0]);
    const top = yaxis._offset + yaxis.d2p(point.y[0]);
    const [width, height] = [this.tip.offsetWidth, this.tip.offsetHeight];
    const gap = diameter(point) / 2 + 10;
    const right = left + gap + width < this.size.width;
    this.tip.style.left = `${Math.max(2, Math.min(right ? left + gap : left - gap - width, this.size.width - width - 2))}px`;
    this.tip.style.top = `${Math.max(2, Math.min(top - height / 2, this.size.height - height - 2))}px`;
  }

  #leave() {
    this.tip.hidden = true;
  }

  // The keyboard

  #stops(onFrontier) {
    const { points, frontier } = this.data;
    if (onFrontier && frontier.length) return frontier;
    const all = points.map((_, index) => index);
    const fitting = all.filter((index) => fits(points[index]));
    return (fitting.length ? fitting : all).sort((one, other) => points[one].x[0] - points[other].x[0]);
  }

  #focus() {
    if (!this.plot || this.element.matches(":not(:focus-visible)")) return;
    const stops = this.#stops(true);
    const ranked = this.data.points.findIndex((point) => point.state === "ranked" && point.why.startsWith("Rank 1"));
    this.#go(this.current >= 0 ? this.current : ranked >= 0 ? ranked : stops[0]);
  }

  #go(index) {
    if (index === undefined) return;
    this.#point(index);
    window.Plotly.restyle(this.plot, { x: [this.#ring().x], y: [this.#ring().y], "marker.size": this.#ringSize() }, [RING]);
  }

  #key(event) {
    if (!this.plot) return;
    const stops = this.#stops(event.key === "ArrowUp" || event.key === "ArrowDown");
    const x = this.data.points[this.current]?.x[0] ?? -Infinity;
    const after = stops.findIndex((index) => index === this.current);
    const place = after >= 0 ? after : stops.findIndex((index) => this.data.points[index].x[0] >= x);
    const moves = {
      ArrowRight: () => stops[Math.min(stops.length - 1, place + 1)],
      ArrowLeft: () => stops[Math.max(0, place - 1)],
      ArrowUp: () => stops[Math.min(stops.length - 1, place + 1)],
      ArrowDown: () => stops[Math.max(0, place - 1)],
      Home: () => stops[0],
      End: () => stops.at(-1),
    };
    if (event.key in moves) {
      event.preventDefault();
      this.#go(moves[event.key]());
    } else if (event.key === "Enter" && this.current >= 0) {
      event.preventDefault();
      this.onPick(this.data.points[this.current]);
    } else if (event.key === " " && this.current >= 0) {
      event.preventDefault();
      this.onTick(this.data.points[this.current]);
    } else if (event.key === "Escape") {
      this.#leave();
    }
  }
}
