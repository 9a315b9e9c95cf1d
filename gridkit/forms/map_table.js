// A map in a sandboxed frame and a table beside it that stay in step: a row that is chosen shows
// its place, a grid that is touched marks its row. The two talk by messages, nothing else.
function render({ model, el }) {
  el.classList.add("gk-map-table");
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  const side = document.createElement("div");
  side.className = "gk-map-rows";
  el.append(frame, side);

  const text = (tag, words, css) => {
    const node = document.createElement(tag);
    node.textContent = words;
    if (css) node.className = css;
    return node;
  };
  const mark = () => {
    side.querySelectorAll("button").forEach((button, at) => {
      const on = at === model.get("chosen");
      button.setAttribute("aria-pressed", String(on));
      if (on) button.scrollIntoView({ block: "nearest" });
    });
  };
  const go = () => {
    const at = model.get("chosen");
    mark();
    if (at >= 0) frame.contentWindow?.postMessage({ gridkit: "go", grids: model.get("places")[at] }, "*");
  };
  const draw = () => {
    frame.title = model.get("title");
    frame.style.height = side.style.maxHeight = `${model.get("height")}px`;
    frame.srcdoc = model.get("page");
  };
  const list = () => {
    side.replaceChildren(text("h4", model.get("heading")));
    model.get("rows").forEach(([name, figures, words], at) => {
      const button = document.createElement("button");
      button.type = "button";
      const top = document.createElement("span");
      top.className = "gk-map-row-top";
      top.append(text("b", name), text("span", figures, "gk-num"));
      button.append(top, text("span", words, "gk-map-row-words"));
      button.addEventListener("click", () => {
        // the same row once more: the map may have been moved since
        if (model.get("chosen") === at) return go();
        model.set("chosen", at);
        model.save_changes();
      });
      side.append(button);
    });
    mark();
  };
  const heard = (event) => {
    if (event.source !== frame.contentWindow || event.data?.gridkit !== "touched") return;
    const at = model.get("places").findIndex((grids) => grids.includes(event.data.grid));
    if (at < 0 || at === model.get("chosen")) return;
    model.off("change:chosen", go);
    model.set("chosen", at);
    model.save_changes();
    mark();
    model.on("change:chosen", go);
  };
  window.addEventListener("message", heard);
  model.on("change:page", draw);
  model.on("change:rows", list);
  model.on("change:chosen", go);
  draw();
  list();
  return () => window.removeEventListener("message", heard);
}
export default { render };
