// gridkit maps: concerns as heat, from counts per bin; the spread is in pixels, the scale one per zoom.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};
  var CELL = 64, SPREAD = 13, LEAST = 0.6;

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
      var s = this.spec, next = gk.reader(s.data), key = 0, i, keys = new Uint32Array(s.n);
      var grid = new Float32Array(s.width * s.height);
      for (i = 0; i < s.n; i++) { keys[i] = key += next(); }
      for (i = 0; i < s.n; i++) { grid[keys[i]] = next(); }
      return grid;
    },
    _picture: function (zoom) {
      var at = Math.round(zoom * 4);
      if (this._made[at]) { return this._made[at]; }
      var s = this.spec, px = CELL * Math.pow(2, zoom - s.zoom), sigma = Math.max(LEAST, SPREAD / px);
      var radius = Math.max(1, Math.round((Math.sqrt(4 * sigma * sigma + 1) - 1) / 2)), pad = 3 * radius;
      var w = s.width + 2 * pad, h = s.height + 2 * pad, a = new Float32Array(w * h), b = new Float32Array(w * h), i, y;
      var grid = this._counts || (this._counts = this._grid());
      for (y = 0; y < s.height; y++) { a.set(grid.subarray(y * s.width, (y + 1) * s.width), (y + pad) * w + pad); }
      for (i = 0; i < 3; i++) { blur(a, b, w, 1, w, h, radius); blur(b, a, h, w, 1, w, radius); }
      var most = 0;
      for (i = 0; i < a.length; i++) { if (a[i] > most) { most = a[i]; } }
      var canvas = document.createElement('canvas');
      canvas.width = w; canvas.height = h;
      var pen = canvas.getContext('2d'), image = pen.createImageData(w, h), out = new Uint32Array(image.data.buffer);
      var ramp = this._ramp || (this._ramp = colors(s.stops));
      if (most > 0) { for (i = 0; i < a.length; i++) { out[i] = ramp[Math.round(255 * Math.sqrt(a[i] / most))]; } }
      pen.putImageData(image, 0, 0);
      return (this._made[at] = {canvas: canvas, pad: pad});
    },
    draw: function (c, zoom, west, north) {
      var s = this.spec, pen = c.getContext('2d');
      pen.clearRect(0, 0, c.width, c.height);
      if (!s.n) { return; }
      var made = this._picture(zoom), px = CELL * Math.pow(2, zoom - s.zoom);
      pen.imageSmoothingEnabled = true;
      pen.drawImage(made.canvas, (s.west - made.pad) * px - west, (s.north - made.pad) * px - north, made.canvas.width * px, made.canvas.height * px);
    }
  });
})();
