// gridkit maps: concerns as heat, from counts per bin; the spread is in pixels, the scale one per zoom.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};
  var CELL = 64, SPREAD = 13, LEAST = 0.6, LEAST_PX = 2;

  // three running means, there and back, are nearly a Gaussian
  function blur(from, to, n, step, stride, rows, radius) {
    var w = 2 * radius + 1, k = 1 / w;
    for (var r = 0; r < rows; r++) {
      var at = r * stride, sum = 0, i;
      for (i = 0; i < Math.min(radius, n); i++) { sum += from[at + i * step]; }
      for (i = 0; i < n; i++) {
        if (i + radius < n) { sum += from[at + (i + radius) * step]; }
        if (i - radius - 1 >= 0) { sum -= from[at + (i - radius - 1) * step]; }
        to[at + i * step] = sum * k;
      }
    }
  }
  function colors(stops) {
    var out = new Uint32Array(256);
    for (var i = 0; i < 256; i++) {
      var t = i / 255 * (stops.length - 1), a = Math.min(Math.floor(t), stops.length - 2), f = t - a;
      var c = [1, 3, 5].map(function (p) {
        return Math.round(parseInt(stops[a].substr(p, 2), 16) * (1 - f) + parseInt(stops[a + 1].substr(p, 2), 16) * f);
      });
      var alpha = Math.round(255 * Math.min(0.88, Math.max(0, (i / 255 - 0.06) * 3.2)));
      out[i] = (alpha << 24 | c[2] << 16 | c[1] << 8 | c[0]) >>> 0;
    }
    return out;
  }

  gk.Heat = gk.Canvas.extend({
    // spec: {zoom, west, north, width, height, n, data, stops}
    pane: 'gkHeat', zIndex: 420, className: 'gk-heat',
    initialize: function (spec) { this.spec = spec; this._made = {}; },
    _grid: function () {
      var s = this.spec, next = gk.reader(s.data), step = next(s.n), count = next(s.n), key = 0, i;
      var grid = new Float32Array(s.width * s.height);
      for (i = 0; i < s.n; i++) { grid[key += step[i]] = count[i]; }
      return grid;
    },
    // The counts in bins of so many to a side, from the north-west corner of the world: seen
    // from far the bins are smaller than a pixel, and their spread would be hundreds of them.
    _coarse: function (side) {
      var s = this.spec, grid = this._counts || (this._counts = this._grid());
      if (side === 1) { return {grid: grid, west: s.west, north: s.north, width: s.width, height: s.height}; }
      var west = Math.floor(s.west / side), north = Math.floor(s.north / side);
      var width = Math.floor((s.west + s.width - 1) / side) - west + 1, height = Math.floor((s.north + s.height - 1) / side) - north + 1;
      var out = new Float32Array(width * height), i = 0;
      for (var y = 0; y < s.height; y++) {
        var row = (Math.floor((s.north + y) / side) - north) * width;
        for (var x = 0; x < s.width; x++, i++) {
          if (grid[i]) { out[row + Math.floor((s.west + x) / side) - west] += grid[i]; }
        }
      }
      return {grid: out, west: west, north: north, width: width, height: height};
    },
    _picture: function (zoom) {
      var at = Math.round(zoom * 4);
      if (this._made[at]) { return this._made[at]; }
      var side = 1, px = CELL * Math.pow(2, zoom - this.spec.zoom);
      while (px < LEAST_PX) { px *= 2; side *= 2; }
      var s = this._coarse(side), sigma = Math.max(LEAST, SPREAD / px);
      var radius = Math.max(1, Math.round((Math.sqrt(4 * sigma * sigma + 1) - 1) / 2)), pad = 3 * radius;
      var w = s.width + 2 * pad, h = s.height + 2 * pad, a = new Float32Array(w * h), b = new Float32Array(w * h), i, y;
      var grid = s.grid;
      for (y = 0; y < s.height; y++) { a.set(grid.subarray(y * s.width, (y + 1) * s.width), (y + pad) * w + pad); }
      for (i = 0; i < 3; i++) { blur(a, b, w, 1, w, h, radius); blur(b, a, h, w, 1, w, radius); }
      var most = 0;
      for (i = 0; i < a.length; i++) { if (a[i] > most) { most = a[i]; } }
      var canvas = document.createElement('canvas');
      canvas.width = w; canvas.height = h;
      var pen = canvas.getContext('2d'), image = pen.createImageData(w, h), out = new Uint32Array(image.data.buffer);
      var ramp = this._ramp || (this._ramp = colors(this.spec.stops));
      if (most > 0) { for (i = 0; i < a.length; i++) { out[i] = ramp[Math.round(255 * Math.sqrt(a[i] / most))]; } }
      pen.putImageData(image, 0, 0);
      return (this._made[at] = {canvas: canvas, west: s.west - pad, north: s.north - pad, px: px});
    },
    draw: function (c, zoom, west, north, wide, high) {
      var s = this.spec, pen = c.getContext('2d');
      pen.clearRect(0, 0, c.width, c.height);
      if (!s.n) { return; }
      var made = this._picture(zoom), px = made.px;
      pen.imageSmoothingEnabled = true;
      // only the part in view: enlarging all of it takes ten times as long
      var x = west / px - made.west, y = north / px - made.north;
      var x0 = Math.max(0, Math.floor(x) - 1), y0 = Math.max(0, Math.floor(y) - 1);
      var x1 = Math.min(made.canvas.width, Math.ceil(x + wide / px) + 1), y1 = Math.min(made.canvas.height, Math.ceil(y + high / px) + 1);
      if (x1 <= x0 || y1 <= y0) { return; }
      pen.drawImage(made.canvas, x0, y0, x1 - x0, y1 - y0, (x0 - x) * px, (y0 - y) * px, (x1 - x0) * px, (y1 - y0) * px);
    }
  });
})();
