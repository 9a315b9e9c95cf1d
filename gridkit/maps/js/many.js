// gridkit maps: thousands of grids on one canvas, without an object for each.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};
  var EDGE_PX = 5;

  // The face of gk.Grids, for many: same spec, same words.
  gk.ManyGrids = gk.Canvas.extend({
    className: 'gk-many', sharp: true,
    initialize: function (spec) { this.spec = spec; this.pane = spec.pane; this.zIndex = spec.zIndex; },
    lines: function (i) { return gk.Grids.prototype.lines.call(this, i); },
    onAdd: function (map) {
      gk.Canvas.prototype.onAdd.call(this, map);
      gk.shown(map).push(this);
      map.on('mousemove', this._over, this);
      map.on('mouseout', this._out, this);
      map.on('click', this._touch, this);
    },
    onRemove: function (map) {
      map.off('mousemove', this._over, this); map.off('mouseout', this._out, this); map.off('click', this._touch, this);
      this._out();
      gk.shown(map).splice(gk.shown(map).indexOf(this), 1);
      gk.Canvas.prototype.onRemove.call(this, map);
    },
    draw: function (c, zoom, west, north, wide, high) {
      var spec = this.spec, f = gk.flat(spec.shapes), k = Math.pow(2, zoom - 16), pen = c.getContext('2d'), of = [], i;
      pen.clearRect(0, 0, wide, high);
      var size = 0, shown = 0;
      for (i = 0; i < f.n; i++) {
        var b = 4 * i;
        if (gk.beside(f.grids, i, k, west, north, wide, high)) { continue; }
        (of[spec.cls[i]] || (of[spec.cls[i]] = [])).push(i);
        size += (f.grids[b + 2] - f.grids[b]) * k; shown++;
      }
      var edges = size / Math.max(1, shown) > EDGE_PX;
      of.forEach(function (some, kind) {
        var style = spec.classes[kind];
        if (!style.fill && !style.hatch && !style.stroke) { return; }
        pen.beginPath();
        some.forEach(function (i) { for (var r = f.first[i]; r < f.first[i + 1]; r++) { gk.trace(pen, f, r, k, west, north); } });
        if (style.fill || style.hatch) {
          pen.globalAlpha = style.opacity === undefined ? 1 : style.opacity;
          pen.fillStyle = style.hatch ? gk.canvasHatch(style.hatch) : style.fill;
          pen.fill('evenodd');
          pen.globalAlpha = 1;
        }
        if (style.stroke && (edges || style.hatch)) {
          pen.strokeStyle = style.stroke; pen.lineWidth = style.weight || 0.8;
          pen.stroke();
        }
      });
      if (this._at >= 0) { this._ring(this._at); }
    },
    at: function (latlng) {
      var f = gk.flat(this.spec.shapes), p = this._map.project(latlng, 16);
      for (var i = 0; i < f.n; i++) {
        var b = 4 * i;
        if (p.x < f.grids[b] || p.x > f.grids[b + 2] || p.y < f.grids[b + 1] || p.y > f.grids[b + 3]) { continue; }
        var inside = false;
        for (var r = f.first[i]; r < f.first[i + 1]; r++) {
          var from = r ? f.end[r - 1] : 0;
          for (var a = from, z = f.end[r] - 1; a < f.end[r]; z = a++) {
            if ((f.y[a] > p.y) !== (f.y[z] > p.y) && p.x < (f.x[z] - f.x[a]) * (p.y - f.y[a]) / (f.y[z] - f.y[a]) + f.x[a]) { inside = !inside; }
          }
        }
        if (inside) { return i; }
      }
      return -1;
    },
    _over: function (e) {
      if (gk.shown(this._map).filter(function (l) { return l instanceof gk.ManyGrids; })[0] !== this) { return; }  // one speaks for all
      var i = this.at(e.latlng);
      if (i < 0) { this._out(); return; }
      var tip = this._tip || (this._tip = L.tooltip({className: 'gk-tip', opacity: 1, sticky: true, offset: [6, 0]}));
      tip.setLatLng(e.latlng);
      if (i !== this._at) { tip.setContent(gk.tip(this._map, this.spec.shapes, i)); this._at = i; this._ring(i); }
      if (!this._map.hasLayer(tip)) { tip.addTo(this._map); }
    },
    _ring: function (i) {
      var f = gk.flat(this.spec.shapes), map = this._map, out = [];
      for (var r = f.first[i]; r < f.first[i + 1]; r++) {
        var ring = [];
        for (var a = r ? f.end[r - 1] : 0; a < f.end[r]; a++) { ring.push(map.unproject([f.x[a], f.y[a]], 16)); }
        out.push([ring]);
      }
      if (this._mark) { this._mark.setLatLngs(out); } else {
        this._mark = L.polygon(out, {interactive: false, fill: false, color: '#1d1b18', weight: 2.4, renderer: L.svg({padding: 0.3})});
      }
      if (!map.hasLayer(this._mark)) { this._mark.addTo(map); }
    },
    _out: function () {
      this._at = -1;
      if (this._tip) { this._tip.remove(); }
      if (this._mark) { this._mark.remove(); }
    },
    _touch: function (e) {
      var i = this.at(e.latlng);
      if (i >= 0) { this.fire('click', {propagatedFrom: {gkIndex: i}}); }
    }
  });
  gk.MANY = 1000;  // beyond these a canvas is quicker than SVG, and no less sharp
  gk.grids = function (spec) {
    return gk.shapes[spec.shapes].rings.length > gk.MANY ? new gk.ManyGrids(spec) : new gk.Grids(spec);
  };
})();
