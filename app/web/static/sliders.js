// A slider beside the field of a bound. One end of it means any value, and the field is then empty.

/** The value at a position of the slider, in the unit of the field. Null where any value will do. */
function valueAt(slider) {
  const { low, high, any } = slider.dataset;
  const share = slider.value / slider.max;
  if ((any === "high" && share === 1) || (any === "low" && share === 0)) return null;
  const [from, to] = [Number(low), Number(high)];
  return slider.dataset.log === "1" ? from * (to / from) ** share : from + (to - from) * share;
}

/** The position of a value, between the ends of the slider. */
function positionOf(slider, value) {
  const [from, to] = [Number(slider.dataset.low), Number(slider.dataset.high)];
  const share = slider.dataset.log === "1" ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
  return Math.round(Math.min(1, Math.max(0, share)) * slider.max);
}

/** A number with as many digits as a hand means. */
function written(value) {
  if (value >= 1000) return String(Number(value.toPrecision(3)));
  if (value >= 100) return value.toFixed(0);
  return String(Number(value.toPrecision(3)));
}

/** Write what the slider says into its field. */
export function followSlider(slider) {
  const value = valueAt(slider);
  document.getElementById(slider.dataset.for).value = value === null ? "" : written(value);
  describe(slider);
}

/** Put each slider where its field says. A text that is no plain number leaves its slider alone. */
export function placeSliders(root) {
  for (const slider of root.querySelectorAll(".slider")) {
    slider.hidden = false;
    const text = document.getElementById(slider.dataset.for).value.trim();
    const value = Number.parseFloat(text.replace(",", "."));
    if (slider === document.activeElement) continue;
    if (!text) slider.value = slider.dataset.any === "high" ? slider.max : 0;
    else if (value > 0) slider.value = positionOf(slider, value);
    describe(slider);
  }
}

function describe(slider) {
  const field = document.getElementById(slider.dataset.for);
  const unit = field.parentElement.querySelector("i")?.textContent ?? "";
  slider.setAttribute("aria-valuetext", field.value ? `${field.value} ${unit}` : "any");
}
