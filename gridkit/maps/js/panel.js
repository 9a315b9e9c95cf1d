// gridkit maps: title, badges and a legend that speaks for the layers shown.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};
  var SMALLEST = 0.62;  // of a legend on paper
  var AFTER_PAN_MS = 320;  // Leaflet moves the map for a popup in 250

  function swatch(item) {
    if (item.kind === 'disc') {
      // the disc of many and the mark of one
      return ['', ' gk-one'].map(function (one) {
        return '<span class="gk-swatch gk-disc gk-band' + item.band + one + '" style="--c:' + item.color + ';--ink:' + item.ink +
          '"><span>' + (one ? '' : 'n') + '</span></span>';
      }).join('');
    }
    if (item.kind === 'mark') { return gk.markSvg(item, 20); }
    return gk.swatch(item);
  }
  function section(s) {
    return '<section><h3>' + s.title + (s.en ? ' <small>' + s.en + '</small>' : '') + '</h3>' +
      (s.items.length ? '<ul' + (s.items[0].kind === 'disc' ? ' class="gk-two"' : '') + '>' + s.items.map(function (i) {
        return '<li>' + swatch(i) + '<span>' + i.label + (i.en ? ' <small>' + i.en + '</small>' : '') + '</span></li>';
      }).join('') + '</ul>' : '') +
      s.notes.map(function (n) { return '<p>' + n + '</p>'; }).join('') + '</section>';
  }

  // Title and badges: on the page before any layer, so that the view leaves room for them.
  gk.head = function (map, spec) {
    var box = map.getContainer();
    box.classList.add('gk-map');
    var head = L.DomUtil.create('header', 'gk-head', box);
    head.innerHTML = '<div><h1>' + spec.title + '</h1><p>' + spec.subtitle + '</p></div><div class="gk-badges">' +
      spec.badges.map(function (b) { return '<span class="gk-badge gk-' + b[0] + '">' + b[1] + '</span>'; }).join('') + '</div>';
    L.DomEvent.disableClickPropagation(head);
  };

  // On paper nothing is scrolled: the legend shrinks until it fits, and says what it leaves out.
  function paper(legend, body) {
    function over() { return legend.scrollHeight > legend.clientHeight + 1; }
    for (var size = 1; over() && size > SMALLEST;) { body.style.zoom = size -= 0.05; }
    for (var all = body.getElementsByTagName('section'), left = 0, foot; over() && all.length;) {
      all[all.length - 1].remove();
      foot = foot || L.DomUtil.create('footer', '', body);
      foot.textContent = '另有 ' + (++left) + ' 个图层的图例印不下: 请少选几层再印 / ' + left + ' more did not fit: print fewer layers';
    }
  }

  // spec: {words, foot, sections}; layers: of the sections, in their order
  gk.panel = function (map, spec, layers) {
    var box = map.getContainer();
    var Legend = L.Control.extend({
      options: {position: 'bottomright'},
      onAdd: function () {
        var d = L.DomUtil.create('details', 'gk-legend leaflet-control');
        L.DomEvent.disableClickPropagation(d);
        L.DomEvent.disableScrollPropagation(d);
        return d;
      }
    });
    var legend = new Legend().addTo(map).getContainer();
    var summary = L.DomUtil.create('summary', '', legend);
    summary.innerHTML = spec.words;
    var body = L.DomUtil.create('div', '', legend), sheet = document.documentElement.classList.contains('gk-sheet');
    function write() {
      // a layer that colors by what is chosen speaks for itself
      body.innerHTML = spec.sections.map(function (s, i) { return layers[i].legend ? layers[i].legend() : s; })
        .filter(function (s, i) { return map.hasLayer(layers[i]); }).map(section).join('') + (spec.foot ? '<footer>' + spec.foot + '</footer>' : '');
      if (sheet) { paper(legend, body); }
    }
    map.on('layeradd layerremove gk:legend', write);
    write();
    // open where there is room for it beside the county
    map._gkOpen = function () {
      legend.open = true;
      if (map.getSize().x >= 900 && map.getSize().y >= 560) { return; }
      var far = map.latLngToContainerPoint(L.latLngBounds(map._gkBounds).getSouthEast());
      var at = legend.getBoundingClientRect(), of = box.getBoundingClientRect();
      legend.open = at.left - of.left > far.x || at.top - of.top > far.y;
    };
    map._gkOpen();
    // a list that opened behind the title or the list of layers comes down from there
    map.on('popupopen', function (e) {
      window.setTimeout(function () {
        var popup = e.popup.getElement(), down = 0;
        if (!popup || !map.hasLayer(e.popup)) { return; }
        var p = popup.getBoundingClientRect();
        box.querySelectorAll('.gk-head, .leaflet-control-layers').forEach(function (over) {
          var r = over.getBoundingClientRect();
          if (p.left < r.right && p.right > r.left && p.top < r.bottom && p.bottom > r.top) { down = Math.max(down, r.bottom - p.top + 8); }
        });
        if (down) { map.panBy([0, -down]); }
      }, AFTER_PAN_MS);
    });
    // the legend ends where the list of layers, which may unfold, begins
    var list = box.querySelector('.leaflet-control-layers');
    function below() { box.style.setProperty('--gk-list', list.offsetHeight + 'px'); }
    if (list) {
      below();
      if (window.ResizeObserver) { new ResizeObserver(below).observe(list); }
    }
    if (sheet) { paper(legend, body); }
  };

  // A notebook may ask to see grids, by their places in the list; a touched grid is told to it.
  gk.listen = function (map, key) {
    if (window.parent === window) { return; }
    var ring = null;
    window.addEventListener('message', function (e) {
      if (e.source !== window.parent || !e.data || e.data.gridkit !== 'go' || !Array.isArray(e.data.grids)) { return; }
      var shapes = gk.outlines(key), some = e.data.grids.map(function (i) { return shapes[i]; }).filter(Boolean);
      if (!some.length) { return; }
      map.getContainer().dispatchEvent(new Event('gk-moved'));  // the view is the reader's now
      if (ring) { ring.remove(); }
      if (!map.getPane('gkGone')) {
        var pane = map.createPane('gkGone');
        pane.style.zIndex = 445; pane.style.pointerEvents = 'none';
      }
      ring = L.polygon([].concat.apply([], some), {renderer: L.svg({pane: 'gkGone', padding: 0.3}), pane: 'gkGone',
        interactive: false, fill: false, color: '#1d1b18', weight: some.length > 1 ? 2 : 3.5}).addTo(map);
      var head = parseFloat(getComputedStyle(map.getContainer()).getPropertyValue('--gk-head')) || 0;
      map.fitBounds(ring.getBounds(), {paddingTopLeft: [50, head + 40], paddingBottomRight: [50, 40], maxZoom: Math.max(12.5, Math.min(map.getZoom(), 15))});
    });
    map.eachLayer(function (layer) {
      if (!layer.spec || layer.spec.shapes !== key || !layer.lines) { return; }
      layer.on('click', function (e) {
        var p = e.layer || e.propagatedFrom;
        window.parent.postMessage({gridkit: 'touched', grid: p.gkIndex}, '*');
      });
    });
  };

  // Show all of the county, also when the frame gets its size later; let go once touched.
  // Called before the layers are added, so that each is drawn once, and where it stays.
  gk.view = function (map, bounds) {
    var box = map.getContainer(), free = true, seen = '';
    map._gkBounds = bounds;
    function fit() {
      var head = box.querySelector('.gk-head'), high = head ? head.offsetHeight : 0;
      box.style.setProperty('--gk-head', high + 'px');
      var foot = parseFloat(box.style.getPropertyValue('--gk-foot')) || 0;
      var now = [box.clientWidth, box.clientHeight, high, foot].join();
      if (now === seen) { return; }
      seen = now;
      map.invalidateSize({animate: false});
      if (!free) { return; }
      map.fitBounds(bounds, {paddingTopLeft: [14, high + 14], paddingBottomRight: [box.clientWidth > 1000 ? 280 : 14, 24 + foot], animate: false});
      if (map._gkOpen) { map._gkOpen(); }
    }
    ['mousedown', 'wheel', 'touchstart', 'keydown', 'gk-moved'].forEach(function (name) {
      box.addEventListener(name, function () { free = false; }, {capture: true, passive: true});
    });
    fit();
    map._gkFit = fit;
    if (window.ResizeObserver) { new ResizeObserver(fit).observe(box); }
  };
})();
