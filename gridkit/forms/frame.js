// What ipywidgets cannot do from Python: keep JupyterLab's one-key commands ("x" cuts a cell,
// "d d" deletes it) away from a form in use, put the cursor into a field that is only just
// being drawn, save with Ctrl+S or Ctrl+Enter, and tie each message to its input for screen
// readers. No network, no state.
function render({ model, el }) {
  el.style.display = "none";
  let root = null;
  let observer = null;
  let number = 0;

  const named = (node) => (node.id ||= `gk-${model.get("mark")}-${(number += 1)}`);

  const tie = () => {
    for (const field of root.querySelectorAll(".gk-field")) {
      const message = field.querySelector(".gk-message");
      const bad = field.classList.contains("gk-bad");
      const must = field.querySelector(".gk-req") !== null;
      const caption = field.querySelector(".gk-caption");
      if (caption) {
        field.setAttribute("role", "group");
        field.setAttribute("aria-labelledby", named(caption));
      }
      for (const input of field.querySelectorAll("input, select, textarea")) {
        if (message) input.setAttribute("aria-describedby", named(message));
        input.setAttribute("aria-invalid", String(bad));
        if (must) input.setAttribute("aria-required", "true");
        input.setAttribute("autocomplete", "off");
      }
    }
  };

  // Lumino asks the focused element itself before it looks at what is around it.
  const shield = (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true");

  // A screen can hold several parts to save: the one that the cursor is in comes first.
  const nearest = (from) => {
    for (let part = from; part && root.contains(part); part = part.parentElement) {
      const all = [...part.querySelectorAll("button.gk-save")];
      const shown = all.find((button) => button.offsetParent !== null);
      if (shown) return shown;
    }
    return null;
  };

  const keys = (event) => {
    const save = event.key === "Enter" || event.key.toLowerCase() === "s";
    if (!(event.ctrlKey || event.metaKey) || !save) return;
    const button = nearest(event.target);
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    document.activeElement?.blur(); // a text field tells its value when the cursor leaves it
    button.focus();
    button.click();
  };

  // While the kernel is busy, ipywidgets holds answers back but sends clicks at once: a save
  // would overtake what was typed last. So the click waits until nothing is held back.
  const unsent = async () => {
    const all = Object.values(model.widget_manager?._models ?? {});
    return (await Promise.all(all)).some((one) => one._msg_buffer);
  };

  let sent = false;
  const patient = (event) => {
    const button = event.target.closest?.("button.jupyter-button");
    if (!button || sent) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const go = async (tries) => {
      if (tries > 0 && (await unsent())) {
        setTimeout(() => go(tries - 1), 20);
        return;
      }
      sent = true;
      button.click();
      sent = false;
    };
    setTimeout(() => go(1500), 0); // a click within the same key press would be dropped
  };

  const attach = (tries) => {
    root = el.closest(".gk");
    if (!root) {
      if (tries > 0) setTimeout(() => attach(tries - 1), 20);
      return;
    }
    root.addEventListener("focusin", shield);
    root.addEventListener("keydown", keys, true); // inputs keep their keys to themselves
    root.addEventListener("click", patient, true);
    let due = false;
    observer = new MutationObserver(() => {
      if (due) return;
      due = true;
      setTimeout(() => { due = false; tie(); }, 30);
    });
    observer.observe(root, { subtree: true, childList: true, attributeFilter: ["class"] });
    tie();
  };

  // A new card takes a while to be drawn; whoever has moved on meanwhile is left in peace.
  const seek = (selector, tries, from) => {
    const now = document.activeElement;
    if (now !== from && now !== document.body) return;
    const place = root?.querySelector(selector);
    const input = place?.matches("input, select, textarea, button")
      ? place
      : place?.querySelector("input, select, textarea, button");
    if (input && input.offsetParent !== null) {
      input.focus({ preventScroll: true });
      place.scrollIntoView({ block: "center" });
    } else if (tries > 0) {
      setTimeout(() => seek(selector, tries - 1, from), 25);
    }
  };

  const hear = (message) => message.seek && seek(message.seek, 400, document.activeElement);
  model.on("msg:custom", hear);
  attach(200);
  return () => {
    model.off("msg:custom", hear);
    observer?.disconnect();
    root?.removeEventListener("focusin", shield);
    root?.removeEventListener("keydown", keys, true);
    root?.removeEventListener("click", patient, true);
  };
}
export default { render };
