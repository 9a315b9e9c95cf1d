// What ipywidgets cannot do from Python: keep JupyterLab's one-key commands ("x" cuts a cell,
// "d d" deletes it) away from a form in use, put the cursor into a field that is only just
// being drawn, save with Ctrl+S or Ctrl+Enter, take a shortcut to a button, tell which text
// field the cursor is in, and tie each message to its input for screen readers. No network,
// no state.
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

  // Which button a key stands for; `event.code`, since Alt writes other letters on a Mac.
  const meant = (event) => {
    const save = event.key === "Enter" || event.key.toLowerCase() === "s";
    if ((event.ctrlKey || event.metaKey) && save) return nearest(event.target);
    if (event.altKey && event.code === "KeyN") return root.querySelector("button.gk-nobody");
    if (event.altKey && event.code === "KeyA") return root.querySelector("button.gk-add");
    const field = event.target.closest(".gk-field");
    const blank = event.target.matches("input") && event.target.value === "";
    if (event.key === "Enter" && blank) return field?.querySelector("button.gk-again");
    return null;
  };

  const keys = (event) => {
    const button = event.isComposing ? null : meant(event);
    if (!button || button.offsetParent === null) return;
    event.preventDefault();
    event.stopPropagation();
    if (!button.matches(".gk-again")) button.focus();
    button.click();
  };

  // The kernel is told where the cursor is, so that it does not scold a half-typed answer.
  const cursor = (event) => {
    if (!event.target.matches("input:not([type=checkbox]), textarea")) return;
    const field = [...(event.target.closest(".gk-field")?.classList ?? [])];
    const name = field.find((one) => one.startsWith("gk-q-"));
    if (!name) return;
    const part = [...(event.target.closest(".gk-part")?.classList ?? [])];
    model.send({
      field: name.slice(5),
      part: part.find((one) => one.startsWith("gk-part-")) ?? "",
      in: event.type === "focusin",
    });
  };

  // While the kernel is busy, ipywidgets holds answers back but sends clicks at once, and a
  // kernel with subshells may even take them up in another thread: a save would overtake what
  // was typed last. So the click waits until every answer was sent, and a moment until it was
  // taken in (a moment: an answer whose field is gone is never acknowledged).
  const unsent = async (waited) => {
    const all = Object.values(model.widget_manager?._models ?? {});
    const busy = (one) => waited < 40 && one._pending_msgs > 0;
    return (await Promise.all(all)).some((one) => one._msg_buffer || busy(one));
  };

  let sent = false;
  const patient = (event) => {
    const button = event.target.closest?.("button.jupyter-button");
    if (!button || sent) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const go = async (waited) => {
      if (waited < 1500 && (await unsent(waited))) {
        setTimeout(() => go(waited + 1), 20);
        return;
      }
      sent = true;
      button.click();
      sent = false;
    };
    setTimeout(() => go(0), 0); // a click within the same key press would be dropped
  };

  const attach = (tries) => {
    root = el.closest(".gk");
    if (!root) {
      if (tries > 0) setTimeout(() => attach(tries - 1), 20);
      return;
    }
    root.addEventListener("focusin", shield);
    root.addEventListener("focusin", cursor);
    root.addEventListener("focusout", cursor);
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

  // What was said last comes into view, and stays there while what stood above it goes away:
  // a saved card is a screen high. Whoever moves on meanwhile is left in peace.
  let looked = 0;
  const look = (selector, from) => {
    const mine = (looked += 1);
    const again = (tries) => {
      const now = document.activeElement;
      if (mine !== looked || (now !== from && now !== document.body)) return;
      const places = [...(root?.querySelectorAll(selector) ?? [])];
      places.find((one) => one.offsetParent)?.scrollIntoView({ block: "center" });
      if (tries > 0) setTimeout(() => again(tries - 1), 40);
    };
    again(20);
  };

  const hear = (message) => {
    if (message.seek) {
      looked += 1;
      seek(message.seek, 400, document.activeElement);
    } else if (message.look) {
      look(message.look, document.activeElement);
    }
  };
  model.on("msg:custom", hear);
  attach(200);
  return () => {
    model.off("msg:custom", hear);
    observer?.disconnect();
    root?.removeEventListener("focusin", shield);
    root?.removeEventListener("focusin", cursor);
    root?.removeEventListener("focusout", cursor);
    root?.removeEventListener("keydown", keys, true);
    root?.removeEventListener("click", patient, true);
  };
}
export default { render };
