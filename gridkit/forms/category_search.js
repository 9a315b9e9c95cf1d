// A combobox as the ARIA practices describe it: type, arrows, Enter. What fits is found by
// the kernel; the choice itself is made in the lists below.
function render({ model, el }) {
  const mark = `gk-what-${Math.random().toString(36).slice(2, 8)}`;
  const make = (name, css, parent) => {
    const one = document.createElement(name);
    if (css) one.className = css;
    parent.append(one);
    return one;
  };
  const field = make("div", "gk-field gk-q-what", el);
  const box = make("div", "gk-input gk-search", field);
  const label = make("label", "widget-label", box);
  const input = make("input", "", box);
  const list = make("ul", "gk-found", box);
  const told = make("div", "gk-message gk-hint", field);
  label.htmlFor = input.id = mark;
  list.id = `${mark}-list`;
  told.setAttribute("role", "status");
  input.type = "text";
  input.autocomplete = "off";
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-autocomplete", "list");
  list.setAttribute("role", "listbox");
  let active = 0;
  let waiting = null; // Enter was pressed before the answer came

  const words = (name) => model.get("words")[name] ?? "";
  const open = (on) => {
    list.hidden = !on;
    input.setAttribute("aria-expanded", String(on));
    if (!on) input.removeAttribute("aria-activedescendant");
  };
  const paint = () => {
    [...list.children].forEach((item, i) => {
      item.setAttribute("aria-selected", String(i === active));
      if (i === active) input.setAttribute("aria-activedescendant", item.id);
    });
  };
  const pick = (place) => {
    const chosen = model.get("found")[place];
    model.send({ pick: place, typed: input.value });
    input.value = "";
    open(false);
    told.textContent = chosen ? `✓ ${chosen}` : "";
  };
  const fill = () => {
    const found = model.get("found");
    list.replaceChildren();
    found.forEach((text, i) => {
      const item = make("li", "", list);
      item.id = `${mark}-${i}`;
      item.setAttribute("role", "option");
      item.textContent = text;
      item.addEventListener("mousedown", (event) => { event.preventDefault(); pick(i); });
    });
    active = 0;
    open(found.length > 0 && document.activeElement === input && input.value !== "");
    paint();
  };
  const answered = (message) => {
    if (message.found === undefined || message.found !== input.value) return;
    fill();
    told.textContent = input.value && !model.get("found").length ? words("none") : "";
    if (waiting === input.value && model.get("found").length) pick(0);
    waiting = null;
  };
  input.addEventListener("input", () => {
    waiting = null;
    model.set("typed", input.value);
    model.save_changes();
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const count = list.hidden ? 0 : list.children.length;
    if (event.key === "Enter" && input.value) {
      event.preventDefault();
      if (count && !list.hidden) pick(active);
      else waiting = input.value;
    } else if (event.key === "Escape") {
      open(false);
    } else if (count && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      active = (active + (event.key === "ArrowDown" ? 1 : count - 1)) % count;
      paint();
    }
  });
  input.addEventListener("blur", () => {
    open(false);
    if (input.value) told.textContent = words("unchosen");
  });
  const speak = () => {
    label.textContent = words("label");
    const help = make("span", "gk-help", label);
    help.textContent = words("help");
  };
  model.on("msg:custom", answered);
  model.on("change:words", speak);
  speak();
  open(false);
  return () => {
    model.off("msg:custom", answered);
    model.off("change:words", speak);
  };
}
export default { render };
