// Choosing or taking a photo. It is made smaller here, on the page: what the camera wrote
// beside the pixels (place, time, device) is not sent on, and a large file does not have to
// pass the connection to the kernel, which breaks above 10 MB.
const EDGE = 2048, RAW = 6_000_000; // pixels of the longer edge, bytes

async function smaller(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, EDGE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((done, fail) =>
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("no blob"))), "image/jpeg", 0.9));
}

function render({ model, el }) {
  const id = `gk-photo-${Math.random().toString(36).slice(2)}`;
  const label = document.createElement("div");
  label.className = "gk-legend";
  label.id = id;
  const row = document.createElement("div");
  row.className = "gk-photo-row";
  const picture = document.createElement("img");
  const buttons = document.createElement("div");
  buttons.className = "gk-photo-buttons";
  row.append(picture, buttons);
  el.classList.add("gk-photo");
  el.setAttribute("role", "group");
  el.setAttribute("aria-labelledby", id);
  el.append(label, row);

  const button = (name, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "jupyter-button gk-photo-" + name;
    made.addEventListener("click", act);
    buttons.append(made);
    return made;
  };
  const file = (capture) => {
    const made = document.createElement("input");
    made.type = "file";
    made.accept = "image/*";
    made.hidden = true;
    made.tabIndex = -1;
    if (capture) made.setAttribute("capture", "environment");
    made.addEventListener("change", () => take(made));
    el.append(made);
    return made;
  };
  const camera = file(true), chosen = file(false);
  const shoot = button("shoot", () => camera.click());
  const choose = button("choose", () => chosen.click());
  const drop = button("drop", () => model.send({ drop: true }));

  async function take(from) {
    const one = from.files[0];
    from.value = ""; // the same file can be chosen again
    if (!one) return;
    if (one.size > model.get("most_bytes")) { // a tablet would choke on unpacking it
      model.send({ heavy: true });
      return;
    }
    let body = one;
    try {
      body = await smaller(one);
    } catch {
      if (one.size > RAW) { // let the kernel say why it cannot be read, but not choke on it
        model.send({ unread: true });
        return;
      }
    }
    model.send({ photo: true }, undefined, [await body.arrayBuffer()]);
  }

  function show() {
    const words = model.get("words"), there = model.get("preview");
    label.innerHTML = model.get("label");
    picture.hidden = !there;
    if (there) picture.src = there;
    else picture.removeAttribute("src");
    picture.alt = words.alt;
    shoot.textContent = words.shoot;
    shoot.hidden = !matchMedia("(pointer: coarse)").matches;
    choose.textContent = there ? words.another : words.choose;
    drop.textContent = words.drop;
    drop.hidden = !there && !model.get("refused");
  }
  for (const name of ["words", "label", "preview", "refused"]) model.on(`change:${name}`, show);
  show();
}

export default { render };
