// A map to pick one place on. Above this text stand L (Leaflet) and PIN (its pin).
const STEP = 100000; // as gridkit.maps.shapes writes outlines
const WAIT_MS = 20000; // a satellite fix gets better for some seconds

function outline(ring) {
  let lon = 0;
  let lat = 0;
  const points = [];
  for (let i = 0; i < ring.length; i += 2) {
    lon += ring[i];
    lat += ring[i + 1];
    points.push([lat / STEP, lon / STEP]);
  }
  return points;
}

function render({ model, el }) {
  // plain http from another machine: browsers give no position there, so say it at once
  const located = window.isSecureContext && navigator.geolocation;
  const say = (key, m) => (model.get("words")[key] ?? "").replace("{m}", String(m));
  const bar = document.createElement("div");
  const fix = document.createElement("button");
  const anyway = document.createElement("button");
  const told = document.createElement("div");
  const frame = document.createElement("div");
  const cross = document.createElement("div");
  for (const button of [fix, anyway]) {
    button.type = "button";
    button.className = "jupyter-button";
  }
  bar.className = "gk-map-bar";
  told.className = "gk-echo";
  told.setAttribute("role", "status");
  frame.className = "gk-map-frame";
  cross.className = "gk-map-cross";
  frame.tabIndex = 0;
  frame.setAttribute("role", "application");
  anyway.hidden = true;
  bar.append(fix, anyway, told);
  el.append(bar, frame);

  const map = L.map(frame, {
    attributionControl: false, zoomControl: false, preferCanvas: true, maxZoom: 19, keyboard: true,
  });
  let zoom = null;
  frame.append(cross);
  const grids = new Map();
  const { ids, names, shapes } = JSON.parse(model.get("shapes"));
  const thin = { color: "#7b8794", weight: 1, fillColor: "#f2f4f6", fillOpacity: 0.6 };
  ids.forEach((id, i) => {
    const area = L.polygon(shapes[i].map((rings) => rings.map(outline)), thin).addTo(map);
    const name = document.createElement("span");
    name.textContent = names[i];
    area.bindTooltip(name, { sticky: true });
    area.on("click", (event) => put(event.latlng));
    grids.set(id, area);
  });
  const all = L.featureGroup([...grids.values()]);

  const icon = L.icon({ iconUrl: PIN, iconSize: [25, 41], iconAnchor: [12, 41] });
  let pin = null;
  const stick = (where) => {
    if (!where) {
      pin?.remove();
      pin = null;
      return;
    }
    if (pin) { pin.setLatLng(where); return; }
    pin = L.marker(where, { icon, draggable: true, keyboard: false, alt: say("pin") }).addTo(map);
    pin.on("dragend", () => put(pin.getLatLng()));
  };
  const round = (x) => Math.round(x * 1e6) / 1e6;
  const tell = (where, source, accuracy) => {
    stick(where);
    model.set("point", {
      lat: round(where.lat), lon: round(where.lng), accuracy_m: accuracy, source,
      at: new Date().toISOString(),
    });
    model.save_changes();
  };
  const put = (where) => {
    anyway.hidden = true;
    told.textContent = say("picked");
    tell(where, "map", null);
  };
  map.on("click", (event) => put(event.latlng));
  frame.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    put(map.getCenter());
  });

  let watch = null;
  let timer = null;
  let best = null;
  const stop = () => {
    if (watch !== null) navigator.geolocation.clearWatch(watch);
    clearTimeout(timer);
    watch = timer = null;
  };
  const take = () => {
    stop();
    anyway.hidden = true;
    const accuracy = Math.ceil(best.accuracy);
    told.textContent = say("taken", accuracy);
    const where = L.latLng(best.latitude, best.longitude);
    tell(where, "gps", accuracy);
    map.setView(where, Math.max(map.getZoom(), 16));
  };
  const doubt = () => {
    stop();
    if (!best) { told.textContent = say("failed"); return; }
    told.textContent = say("vague", Math.ceil(best.accuracy));
    anyway.hidden = false;
    map.setView([best.latitude, best.longitude], 16);
  };
  fix.addEventListener("click", () => {
    best = null;
    anyway.hidden = true;
    stop();
    told.textContent = say("waiting");
    timer = setTimeout(doubt, WAIT_MS);
    watch = navigator.geolocation.watchPosition(
      ({ coords }) => {
        if (!best || coords.accuracy < best.accuracy) best = coords;
        if (best.accuracy <= model.get("accurate_m")) { take(); return; }
        told.textContent = say("vague", Math.ceil(best.accuracy));
        anyway.hidden = false;
      },
      (error) => {
        stop();
        told.textContent = say(error.code === 1 ? "denied" : "failed");
      },
      { enableHighAccuracy: true, maximumAge: 0, timeout: WAIT_MS },
    );
  });
  anyway.addEventListener("click", () => best && take());

  const look = () => {
    const home = grids.get(model.get("home"));
    grids.forEach((area) => area.setStyle(thin));
    home?.setStyle({ color: "#14507e", weight: 3, fillColor: "#fff" }).bringToFront();
    const [lon, lat] = model.get("shown");
    stick(lon === undefined ? null : L.latLng(lat, lon));
    const around = (home ?? all).getBounds();
    if (pin && !around.contains(pin.getLatLng())) around.extend(pin.getLatLng());
    map.fitBounds(around.pad(0.25), { animate: false });
  };
  const moved = () => {
    if (pin?.dragging.moving()) return; // the hand comes before an answer that is late
    const [lon, lat] = model.get("shown");
    stick(lon === undefined ? null : L.latLng(lat, lon));
  };
  const speak = () => {
    zoom?.remove();
    zoom = L.control.zoom({ zoomInTitle: say("closer"), zoomOutTitle: say("farther") }).addTo(map);
    fix.textContent = say("gps");
    anyway.textContent = say("anyway");
    frame.setAttribute("aria-label", `${say("title")}: ${say("howto")}`);
    if (!located) told.textContent = say("insecure");
    else if (!told.textContent) told.textContent = say("howto");
  };
  fix.hidden = !located;
  model.on("change:home", look);
  model.on("change:shown", moved);
  model.on("change:words", speak);
  speak();
  map.setView([0, 0], 2);
  // hidden parts have no size: Leaflet looks again as soon as this one has
  const seen = new ResizeObserver(() => {
    map.invalidateSize({ animate: false });
    if (frame.offsetHeight && !frame.dataset.seen) { frame.dataset.seen = "1"; look(); }
  });
  seen.observe(frame);
  return () => {
    stop();
    seen.disconnect();
    model.off("change:home", look);
    model.off("change:shown", moved);
    model.off("change:words", speak);
    map.remove();
  };
}
export default { render };
