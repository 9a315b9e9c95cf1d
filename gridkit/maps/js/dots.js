// gridkit maps: every concern as a dot, written straight into the picture.
(function () {
  'use strict';
  var gk = window.gk = window.gk || {};

  var FEW = 5000;  // so few can each be larger

  function packed(color) {
    return (255 << 24 | parseInt(color.substr(5, 2), 16) << 16 | parseInt(color.substr(3, 2), 16) << 8 | parseInt(color.substr(1, 2), 16)) >>> 0;
  }
  gk.Dots = gk.Canvas.extend({
    // spec: {zoom, west, north, width, parts: [{n, data, color}]} from most to least urgent
    pane: 'gkDots', zIndex: 437, className: 'gk-dots',
    initialize: function (spec) { this.spec = spec; },
    _read: function () {
      var s = this.spec;
      return s.parts.map(function (part) {
        var step = gk.reader(part.data)(part.n), key = 0, x = new Int32Array(part.n), y = new Int32Array(part.n);
        for (var i = 0; i < part.n; i++) {
          key += step[i];
          y[i] = Math.floor(key / s.width); x[i] = key - y[i] * s.width;
        }
        return {n: part.n, x: x, y: y, color: packed(part.color)};
      });
    },
    draw: function (c, zoom, west, north) {
      var s = this.spec, parts = this._parts || (this._parts = this._read());
      var pen = c.getContext('2d'), w = c.width, h = c.height, image = pen.createImageData(w, h);
      var out = new Uint32Array(image.data.buffer), k = Math.pow(2, zoom - s.zoom);
      var side = zoom < 12 ? 2 : zoom < 14 ? 3 : zoom < 16 ? 4 : 6, dark = 0xff181b1d;
      if (parts.reduce(function (n, part) { return n + part.n; }, 0) < FEW) { side += 2; }
      for (var p = parts.length - 1; p >= 0; p--) {  // the most urgent last, so on top
        // and a little larger, with a dark rim once there is room: a grey print tells it apart
        var part = parts[p], d = side + (p === 0 ? 2 : p === 1 ? 1 : 0), rim = d >= 4;
        for (var i = 0; i < part.n; i++) {
          var px = Math.round((s.west + part.x[i]) * k - west - d / 2), py = Math.round((s.north + part.y[i]) * k - north - d / 2);
          if (px < 0 || py < 0 || px + d >= w || py + d >= h) { continue; }
          for (var b = 0; b < d; b++) {
            for (var a = 0, at = (py + b) * w + px; a < d; a++, at++) {
              out[at] = rim && (a === 0 || b === 0 || a === d - 1 || b === d - 1) ? dark : part.color;
            }
          }
        }
      }
      pen.putImageData(image, 0, 0);
    }
  });
})();
