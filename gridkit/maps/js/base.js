// gridkit maps: the county itself: land, borders, rivers, roads, and names.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};
  var STEPS = 100000, MANY = 2000, MANY_NAMES = 40, FEW_NAMES = 5, SVG = 'http://www.w3.org/2000/svg';

  // --- base: paper, borders ------------------------------------------------------------------
  // Lines and areas that nobody touches; each of `marks` is {f, open, fill, color, weight, alpha, dash}. As SVG: the
  // browser draws it beside the page's own work, and a canvas would cost more than all the rest of a step.
  gk.Ground = gk.Sheet.extend({
    initialize: function (pane, zIndex, marks) { this.pane = this.className = pane; this.zIndex = zIndex; this.marks = marks; },
    make: function () {
      var svg = document.createElementNS(SVG, 'svg');
      svg.setAttribute('aria-hidden', 'true');
      this._paths = this.marks.map(function (m) {
        var p = svg.appendChild(document.createElementNS(SVG, 'path'));
        var said = {fill: m.fill || 'none', stroke: m.color, 'stroke-opacity': m.alpha, transform: 'scale(0.25)', 'fill-rule': 'evenodd',
          'stroke-width': 4 * m.weight, 'stroke-linejoin': 'round', 'stroke-linecap': 'round',
          'stroke-dasharray': (m.dash || []).map(function (d) { return 4 * d; }).join(' ') || 'none'};
        for (var k in said) { p.setAttribute(k, said[k]); }
        return p;
      });
      return svg;
    },
    fit: function (svg, w, h) { svg.setAttribute('width', w); svg.setAttribute('height', h); },
    draw: function (svg, zoom, west, north, wide, high) {
      var k = Math.pow(2, zoom - 16), paths = this._paths;
      this.marks.forEach(function (m, i) {
        var path = new gk.Path();
        for (var r = 0; r < m.f.end.length; r++) {
          if (!gk.beside(m.f.box, r, k, west, north, wide, high)) { gk.trace(path, m.f, r, k, west, north, m.open); }
        }
        paths[i].setAttribute('d', path.text.join(' '));
      });
    }
  });
  gk.Borders = L.LayerGroup.extend({
    // spec: {shapes: land below, towns: rings of townships above, lines: rivers and roads, attribution}
    initialize: function (spec) { L.LayerGroup.prototype.initialize.call(this, this._parts(spec)); this.spec = spec; },
    getAttribution: function () { return this.spec.attribution; },
    _parts: function (spec) {
      var towns = gk.pixels([].concat.apply([], [].concat.apply([], spec.towns)));
      // of thousands only the townships: their lines would be a grey veil, and take seconds
      var few = gk.shapes[spec.shapes].rings.length <= MANY || !spec.towns.length;
      // rivers and roads over the colors of the grids, thin: they say where one is, no more
      var lines = [[1, 2, '#a58e6f', 1, [3, 3]], [1, 1, '#8f7553', 1.7], [0, 2, '#6ba3cc', 1], [0, 1, '#4a8fc4', 3]].map(function (k) {
        var some = spec.lines.filter(function (l) { return l[0] === k[0] && l[1] === k[1]; });
        return {f: gk.pixels(some.map(function (l) { return l[2]; })), open: true, color: k[2], weight: k[3], alpha: 0.8, dash: k[4]};
      });
      var borders = [['#ffffff', 3.2, 0.75], ['#6b655a', 1.2, 1]].map(function (l) {
        return {f: towns, color: l[0], weight: l[1], alpha: l[2]};
      });
      return [
        new gk.Ground('gkLand', 350, [{f: few ? gk.flat(spec.shapes) : towns, fill: '#fdfcf9', color: '#d9d3c6', weight: 0.7, alpha: 1}]),
        new gk.Ground('gkTowns', 430, lines.concat(borders).filter(function (m) { return m.f.end.length; }))
      ];
    }
  });

  // --- names of places, the larger first, none over another --------------------------------
  gk.Names = L.Layer.extend({
    // spec: {names: [[x, y, text, kind, width]]} in 1e-5 degrees; kind 0 township, 1 grid
    initialize: function (spec) { this.spec = spec; },
    onAdd: function (map) {
      if (!map.getPane('gkNames')) {
        var pane = map.createPane('gkNames');
        pane.style.zIndex = 440; pane.style.pointerEvents = 'none';
      }
      this._box = L.DomUtil.create('div', 'gk-names leaflet-zoom-hide', map.getPane('gkNames'));
      map.on('moveend viewreset gk:taken', this._draw, this);
      this._draw();
    },
    onRemove: function (map) { map.off('moveend viewreset gk:taken', this._draw, this); this._box.remove(); },
    _draw: function () {
      var map = this._map, origin = map.getPixelOrigin(), z = map.getZoom(), html = [];
      var taken = gk.taken(map);
      var view = map.getPixelBounds(), perDegree = 256 * Math.pow(2, z) / 360;
      // where grids are many and a handful of the largest would have a name, none has one
      var here = this.spec.names.filter(function (n) { return n[3] === 1 && view.contains(map.project([n[1] / STEPS, n[0] / STEPS], z)); });
      var fit = here.filter(function (n) { return n[4] / STEPS * perDegree >= (n[2].length * 12 + 6) * 0.9; }).length;
      var bare = here.length > MANY_NAMES && fit < FEW_NAMES;
      this.spec.names.forEach(function (n) {
        var town = n[3] === 0, river = n[3] === 2, w = n[2].length * (town ? 14 : 12) + 6, h = town ? 20 : 16;
        if (!town && !river && (bare || n[4] / STEPS * perDegree < w * 0.9)) { return; }
        var p = map.project([n[1] / STEPS, n[0] / STEPS], z);
        if (!view.contains(p)) { return; }
        p = p.subtract(origin);
        var box, free = function (dy) {
          box = [p.x - w / 2, p.y + dy - h / 2, p.x + w / 2, p.y + dy + h / 2];
          return !taken.some(function (b) { return box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1]; });
        };
        // a township may step aside from a disc; a grid is named in its place or not at all
        var dy = (town || river ? [0, 22, -22, 36, -36, 50, -50] : [0]).find(free);
        if (dy === undefined) { return; }
        taken.push(box);
        html.push('<span class="' + (town ? 'gk-town' : river ? 'gk-river' : 'gk-grid') + '" style="left:' + Math.round(p.x) +
          'px;top:' + Math.round(p.y + dy) + 'px">' + n[2] + '</span>');
      });
      this._box.innerHTML = html.join('');
    }
  });
})();
