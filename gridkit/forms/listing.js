// A list drawn by Python whose rows open by click, Enter or Space; Up and Down walk along
// them. The markup comes escaped from `look.tag`; this only listens. No network, no state.
function render({ model, el }) {
  const box = document.createElement("div");
  box.className = "gk-listing";
  el.append(box);

  const buttons = () => [...box.querySelectorAll("button[data-open]")];
  const draw = () => {
    box.innerHTML = model.get("markup");
  };
  const open = (id) => {
    model.send({ open: id });
  };
  const click = (event) => {
    if (String(window.getSelection())) return; // whoever marks text to copy it opens nothing
    const row = event.target.closest("[data-row]");
    if (row) open(row.getAttribute("data-row"));
  };
  const key = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.matches("button[data-open]")) return;
    event.preventDefault();
    const all = buttons();
    all[all.indexOf(event.target) + step]?.focus();
  };

  draw();
  box.addEventListener("click", click);
  box.addEventListener("keydown", key);
  model.on("change:markup", draw);
  return () => model.off("change:markup", draw);
}
export default { render };
