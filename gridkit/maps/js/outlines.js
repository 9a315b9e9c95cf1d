// gridkit maps: what the page is given, read: numbers, outlines, and a canvas to draw them on.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};
  var STEPS = 100000, WORLD = 256 * 65536, LEAST_PX = 0.7;  // pixels of zoom 16
  gk.shapes = gk.shapes || {};

  // What a layer holds, from the data of the page.
  gk.held = function (name) { return JSON.parse(document.getElementById(name).textContent); };
  gk.bytes = function (text) {
    var raw = atob(text), out = new Uint8Array(raw.length);
    for (var i = 0; i < raw.length; i++) { out[i] = raw.charCodeAt(i); }
    return out;
  };
  // A reader of lists of whole numbers, as gridkit/maps/layers/golomb.py writes them.
  gk.reader = function (text) {
    var b = gk.bytes(text), at = 0, end = 8 * b.length;
    function bits(n) {
      for (var v = 0; n > 0; n--, at++) { v = 2 * v + (b[at >> 3] >> (7 - (at & 7)) & 1); }
      return v;
    }
    return function (n) {
      var order = bits(5), least = Math.pow(2, order), out = new Float64Array(n);
      for (var i = 0; i < n; i++) {
        var digits = order;
        while (at < end && bits(1) === 0) { digits++; }
        out[i] = bits(digits) + Math.pow(2, digits) - least;
      }
      return out;
    };
  };
  // 12345 as 12,345; toLocaleString takes a hundred times as long
  gk.thousands = function (n) { return String(n).replace(/\B(?=(\d{3})+$)/g, ','); };

  // Something over the view and a margin, drawn anew when the view has moved.
  gk.Sheet = L.Layer.extend({
    onAdd: function (map) {
      if (!map.getPane(this.pane)) {
        var pane = map.createPane(this.pane);
        pane.style.zIndex = this.zIndex; pane.style.pointerEvents = 'none';
      }
      this._sheet = map.getPane(this.pane).appendChild(this.make());
      this._sheet.setAttribute('class', 'leaflet-zoom-hide ' + this.className);
      map.on('moveend viewreset', this._redraw, this);
      this._redraw();
    },
    onRemove: function (map) { map.off('moveend viewreset', this._redraw, this); this._sheet.remove(); },
    _redraw: function () {
      var map = this._map, size = map.getSize(), margin = Math.round(Math.max(size.x, size.y) * 0.12);
      var corner = map.containerPointToLayerPoint([-margin, -margin]).round(), origin = map.getPixelOrigin();
      var w = size.x + 2 * margin, h = size.y + 2 * margin, c = this._sheet;
      this.fit(c, w, h);
      L.DomUtil.setPosition(c, corner);
      // world pixels of the zoom at the sheet's corner, and how many of them it shows
      this.draw(c, map.getZoom(), origin.x + corner.x, origin.y + corner.y, w, h);
    }
  });
  gk.Canvas = gk.Sheet.extend({
    sharp: false,  // whether a fine screen gets all of its pixels
    make: function () { return document.createElement('canvas'); },
    fit: function (c, w, h) {
      var fine = this.sharp && window.devicePixelRatio > 1 ? 2 : 1;
      if (c.width === w * fine && c.height === h * fine) { return; }
      c.width = w * fine; c.height = h * fine;
      c.style.width = w + 'px'; c.style.height = h + 'px';
      if (fine > 1) { c.getContext('2d').scale(fine, fine); }
    }
  });

  function ring(flat) {
    var x = 0, y = 0, out = new Array(flat.length / 2);
    for (var i = 0; i < flat.length; i += 2) {
      x += flat[i]; y += flat[i + 1];
      out[i / 2] = new L.LatLng(y / STEPS, x / STEPS);
    }
    return out;
  }
  gk.latlngs = function (polygons) { return polygons.map(function (p) { return p.map(ring); }); };
  gk.outlines = function (key) {
    var s = gk.shapes[key];
    return s.latlngs || (s.latlngs = s.rings.map(gk.latlngs));
  };

  // Rings of places and steps as pixels of zoom 16: {x, y, end: where each ring ends, box: of each ring}.
  gk.pixels = function (rings) {
    var points = 0, at = 0, end = new Uint32Array(rings.length), box = new Float64Array(4 * rings.length);
    rings.forEach(function (r) { points += r.length / 2; });
    var x = new Float64Array(points), y = new Float64Array(points);
    rings.forEach(function (r, k) {
      var w = Infinity, h = Infinity, e = -Infinity, b = -Infinity;
      for (var j = 0, lon = 0, lat = 0; j < r.length; j += 2) {
        lon += r[j]; lat += r[j + 1];
        var sin = Math.sin(lat / STEPS * Math.PI / 180);
        var px = x[at] = (lon / STEPS / 360 + 0.5) * WORLD;
        var py = y[at++] = (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * WORLD;
        if (px < w) { w = px; } if (px > e) { e = px; }
        if (py < h) { h = py; } if (py > b) { b = py; }
      }
      end[k] = at;
      box[4 * k] = w; box[4 * k + 1] = h; box[4 * k + 2] = e; box[4 * k + 3] = b;
    });
    return {x: x, y: y, end: end, box: box};
  };
  // Whether a box of pixels of zoom 16, the k-th of some, lies beside the sheet.
  gk.beside = function (box, at, k, west, north, wide, high) {
    var b = 4 * at;
    return box[b + 2] * k < west || box[b] * k > west + wide || box[b + 3] * k < north || box[b + 1] * k > north + high;
  };
  // The outlines of grids that way, once per page: `first` ring of each grid, and the `box` of each grid.
  gk.flat = function (key) {
    var s = gk.shapes[key];
    if (s.flat) { return s.flat; }
    var n = s.rings.length, rings = [], first = new Uint32Array(n + 1), box = new Float64Array(4 * n);
    s.rings.forEach(function (polygons, i) {
      first[i] = rings.length;
      polygons.forEach(function (p) { rings.push.apply(rings, p); });
    });
    first[n] = rings.length;
    var f = gk.pixels(rings);
    for (var i = 0; i < n; i++) {
      var all = [Infinity, Infinity, -Infinity, -Infinity];
      for (var r = first[i]; r < first[i + 1]; r++) {
        for (var b = 0; b < 4; b++) { all[b] = (b < 2 ? Math.min : Math.max)(all[b], f.box[4 * r + b]); }
      }
      box.set(all, 4 * i);
    }
    f.first = first; f.grids = box; f.n = n;
    return (s.flat = f);
  };
  // One ring into the path of a canvas, or of gk.Path; points that fall on the one before are passed over.
  gk.trace = function (pen, f, r, k, west, north, open) {
    var a = r ? f.end[r - 1] : 0, x = f.x[a] * k - west, y = f.y[a] * k - north, x0 = x, y0 = y, last = f.end[r] - 1;
    pen.moveTo(x, y);
    for (a++; a <= last; a++) {
      var u = f.x[a] * k - west, v = f.y[a] * k - north;
      if (a < last && Math.abs(u - x) + Math.abs(v - y) < LEAST_PX) { continue; }
      pen.lineTo(u, v);
      x = u; y = v;
    }
    if (!open) { pen.lineTo(x0, y0); }  // closePath is slow in a long path
  };
  // The path of an SVG, in quarters of a pixel: whole numbers are written and read quickly.
  gk.Path = function () { this.text = []; };
  gk.Path.prototype = {
    moveTo: function (x, y) {
      this.x = Math.round(4 * x); this.y = Math.round(4 * y);
      this.text.push('M' + this.x + ' ' + this.y + 'l');
    },
    lineTo: function (x, y) {
      var u = Math.round(4 * x), v = Math.round(4 * y);
      this.text.push((u - this.x) + ' ' + (v - this.y));
      this.x = u; this.y = v;
    }
  };
})();
